import { parseArgs } from 'node:util';
import { describeProblems, loadConfig } from '../config.ts';
import { examine, type Finding, repair } from '../doctor/doctor.ts';
import { describeFindings } from '../doctor/report.ts';
import { createLogger } from '../log.ts';
import { reachDatabase } from '../storage/reach.ts';

const USAGE = `Usage: parley doctor [--repair] [--json]

Compares what the tables have with what the events say, and the log with its own rules.
It works whether the server runs or not, and changes nothing without --repair.

  --repair   puts right what follows from the events
  --json     writes one JSON object for programs

Exit code: 0 all is well (or is again), 1 something is wrong (still), 2 it could not be looked at.
`;

/** `parley doctor`; returns the exit code. */
export async function doctor(args: readonly string[]): Promise<number> {
  let options: { repair?: boolean; json?: boolean; help?: boolean };
  try {
    const flag = { type: 'boolean' } as const;
    const known = { repair: flag, json: flag, help: flag };
    options = parseArgs({ args: [...args], options: known }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const loaded = loadConfig(process.env);
  if (!loaded.ok) {
    process.stderr.write(describeProblems(loaded.problems));
    return 2;
  }
  const { config } = loaded;
  // A look from beside: what the server logs of its database is the server’s to log.
  const log = createLogger(config.logLevel === 'info' ? 'warn' : config.logLevel);
  try {
    const { database, close } = await reachDatabase(config, log);
    try {
      const left = options.repair ? await repair(database.pool) : undefined;
      const found = left?.found ?? (await examine(database.pool));
      write(found, left?.left, options.json === true);
      return (left?.left ?? found).length === 0 ? 0 : 1;
    } finally {
      await close();
    }
  } catch (error) {
    log.debug({ err: error }, 'the doctor failed');
    process.stderr.write(`parley doctor could not look: ${(error as Error).message}\n`);
    return 2;
  }
}

function write(
  found: readonly Finding[],
  left: readonly Finding[] | undefined,
  json: boolean,
): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ found, ...(left && { left }) })}\n`);
    return;
  }
  if (found.length === 0) {
    process.stdout.write('All is well: the tables have what the events say.\n');
    return;
  }
  process.stdout.write(`Found:\n${describeFindings(found)}`);
  if (!left) return;
  process.stdout.write(
    left.length === 0
      ? '\nRepaired: all is well again.\n'
      : `\nRepaired, but this is left:\n${describeFindings(left)}`,
  );
}
