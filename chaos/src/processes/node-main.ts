import { createLogger, loadConfig, startParley } from '@parley/server';
import type { NodeAnswer, NodeOrder } from './node-process.ts';

/**
 * A node of a chaos run: the server as `parley start` runs it, except for a clock that can be set and
 * limits that detect dead connections sooner. The parent process sends its commands over IPC.
 */
const answer = (message: NodeAnswer) => process.send?.(message);

const loaded = loadConfig(process.env);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const log = createLogger(loaded.config.logLevel);
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    log.fatal({ err: error }, event);
    process.exit(1);
  });
}

let offsetMs = Number(process.env.CHAOS_CLOCK_MS ?? 0);
const stopping = new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()));
const server = await startParley(loaded.config, log, {
  clock: { now: () => Date.now() + offsetMs },
  limits: { pingMs: 1_000, silenceMs: 4_000, stalledMs: 5_000 },
});

process.on('message', (order: NodeOrder) => {
  if (order.kind === 'clock') offsetMs = order.offsetMs;
  else {
    const { fills, late, repairs, stalled, buffered } = server.figures();
    const { rss } = process.memoryUsage();
    answer({ kind: 'figures', id: order.id, fills, late, repairs, stalled, buffered, rss });
  }
});
// The parent process is gone: nothing else would stop this process.
process.once('disconnect', () => process.exit(1));
answer({ kind: 'ready' });

await stopping;
await server.stop();
process.exit(0);
