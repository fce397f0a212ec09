import type { Metrics } from '@parley/server/internal/metrics/metrics';

const nothing = () => undefined;

/** Metrics that count nothing: the nodes of a run have no metrics. */
export const NO_METRICS = {
  command: nothing,
  limited: nothing,
  committed: nothing,
  delivered: nothing,
  hello: nothing,
  reset: nothing,
  request: nothing,
} as unknown as Metrics;
