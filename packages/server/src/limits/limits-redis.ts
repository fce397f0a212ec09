import { Redis } from 'ioredis';
import type { Logger } from '../runtime/log.ts';

/** The time limit of a command. */
const ANSWER_MS = 1_000;

/** Connects the rate limits to Redis or Valkey. Errors are only logged: limits then count on this node. */
export function connectLimits(url: string, log: Logger): Redis {
  const redis = new Redis(url, {
    protocol: 2 as const,
    connectTimeout: 2_000,
    commandTimeout: ANSWER_MS,
    // While Redis is unreachable, limits are counted locally instead of queued.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectionName: 'parley-limits',
    retryStrategy: (times: number) => Math.min(50 * 2 ** times, 2_000),
  });
  // The broker logs that Redis is unreachable.
  redis.on('error', (error: Error) =>
    log.debug({ err: error.message }, 'rate limit connection failed'),
  );
  return redis;
}
