import { createLogger } from '../log.ts';
import { startParley } from '../main.ts';
import { readConfig } from './command.ts';

/** `parley start`: runs the server until SIGTERM or SIGINT. */
export async function start(): Promise<number> {
  const config = readConfig();
  const log = createLogger(config.logLevel);
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
  // What nobody expected is logged and ends the process: a server in an unknown state must not
  // acknowledge anything more.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, event);
      process.exit(1);
    });
  }
  try {
    const server = await startParley(config, log);
    const { url, address } = server;
    const where = url === address ? url : `${url} (listening at ${address})`;
    process.stdout.write(`Parley is ready at ${where}\n`);
    await signalled;
    await server.stop();
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log.debug({ err: error }, 'the start failed');
    process.stderr.write(`Parley could not start: ${message}\n`);
    return 1;
  }
}
