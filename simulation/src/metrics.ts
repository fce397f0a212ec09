import type { Metrics } from '@parley/server/internal/metrics/metrics';

const nothing = () => undefined;

/** Metrics that count nothing: a node of a run has none of its own. */
export const NO_METRICS = {
  command: nothing,
  limited: nothing,
  committed: nothing,
  handedOn: nothing,
  hello: nothing,
  reset: nothing,
  request: nothing,
} as unknown as Metrics;
