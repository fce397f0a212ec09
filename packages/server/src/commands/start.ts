import { startParley } from '../main.ts';
import { createLogger } from '../runtime/log.ts';
import { releaseYoungGeneration } from '../runtime/memory.ts';
import { exactly, readConfig } from './command.ts';

/** The time limit of a stop. Clients retry what was not acknowledged. */
const STOP_MS = 14_000;

/** `parley start`: runs the server until SIGTERM or SIGINT. */
export async function start(args: readonly string[]): Promise<number> {
  exactly(args);
  const config = readConfig();
  const log = createLogger(config.logLevel);
  const stopping = new AbortController();
  const signaled = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        log.info({ signal }, 'stopping');
        stopping.abort();
        setTimeout(() => {
          log.error('stop timed out');
          process.exit(0);
        }, STOP_MS).unref();
        resolve();
      });
    }
  });
  // An unexpected error is logged and ends the process: a server in an unknown state must not
  // acknowledge any more commands.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, event);
      process.exit(1);
    });
  }
  try {
    const server = await startParley(config, log, { signal: stopping.signal });
    releaseYoungGeneration();
    const { url, address } = server;
    const where = url === address ? url : `${url} (listening at ${address})`;
    process.stdout.write(`Parley is ready at ${where}\n`);
    await signaled;
    await server.stop();
    log.info('stopped');
    return 0;
  } catch (error) {
    // Stopped while it was still starting.
    if (stopping.signal.aborted) return 0;
    const message = error instanceof Error ? error.message : String(error);
    log.debug({ err: error }, 'start failed');
    process.stderr.write(`Parley could not start: ${message}\n`);
    return 1;
  }
}
