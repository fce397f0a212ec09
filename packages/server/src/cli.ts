import { doctor } from './commands/doctor.ts';
import { describeProblems, loadConfig } from './config.ts';
import { createLogger } from './log.ts';
import { startParley } from './main.ts';

/**
 * The command line: `parley start`. Standard output carries what was asked for, the log goes to
 * standard error.
 */

const USAGE = `Usage: parley COMMAND

  start     starts the server; settings come from the environment (see .env.example)
  doctor    compares the tables with the events; --repair puts right what follows from them
`;

async function main([command = 'start', ...args]: readonly string[]): Promise<void> {
  if (command === 'start') await start();
  else if (command === 'doctor') process.exitCode = await doctor(args);
  else {
    process.stderr.write(
      command === 'help' || command === '--help'
        ? USAGE
        : `There is no command ${command}.\n${USAGE}`,
    );
    process.exitCode = command === 'help' || command === '--help' ? 0 : 2;
  }
}

async function start(): Promise<void> {
  const loaded = loadConfig(process.env);
  if (!loaded.ok) {
    process.stderr.write(describeProblems(loaded.problems));
    process.exitCode = 1;
    return;
  }
  const log = createLogger(loaded.config.logLevel);
  const stopping = new AbortController();
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        stopping.abort();
        resolve();
      });
    }
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
    const server = await startParley(loaded.config, log);
    const { url, address } = server;
    const where = url === address ? url : `${url} (listening at ${address})`;
    process.stdout.write(`Parley is ready at ${where}\n`);
    await signalled;
    await server.stop();
    process.exit(0);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log.debug({ err: error }, 'the start failed');
    process.stderr.write(`Parley could not start: ${message}\n`);
    process.exit(1);
  }
}

await main(process.argv.slice(2));
