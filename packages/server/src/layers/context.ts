import type { Limits } from '@parley/protocol';
import type { Config } from '../config/config.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';

/** The context of every layer of the server. */
export interface LayerContext {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Aborts a start that is still waiting for its database. */
  readonly signal: AbortSignal | undefined;
  /**
   * Adds a shutdown step. Steps run in reverse order, so a layer stops before those it depends on.
   * Add the step as soon as there is something to stop: a later part of the start may fail.
   */
  onStop(step: () => Promise<void> | void): void;
}
