import { parseArgs } from 'node:util';
import { describeProblems, loadConfig } from '../config/config.ts';
import { examine, type Finding, repair } from '../doctor/doctor.ts';
import { describeFindings } from '../doctor/report.ts';
import { fileStoreOf } from '../files/file-stores.ts';
import { createLogger } from '../runtime/log.ts';
import { reachDatabase } from '../storage/reach.ts';

const USAGE = `Usage: parley doctor [--repair] [--json]

Compares the tables with the events and the stored files, and checks the consistency of the event log.
It works whether or not the server is running, and changes nothing without --repair.

  --repair   rewrites the rows that differ from the events
  --json     prints one JSON object

Exit codes: 0 consistent (or repaired), 1 inconsistent, 2 the check could not run.
`;

/** `parley doctor`: returns the exit code. */
export async function doctor(args: readonly string[]): Promise<number> {
  let options: { repair?: boolean; json?: boolean; help?: boolean };
  try {
    const flag = { type: 'boolean' } as const;
    const optionTypes = { repair: flag, json: flag, help: flag };
    options = parseArgs({ args: [...args], options: optionTypes }).values;
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
  // The server logs the state of its database itself.
  const log = createLogger(config.logLevel === 'info' ? 'warn' : config.logLevel);
  try {
    const { database, close } = await reachDatabase(config, log);
    try {
      const store = await fileStoreOf(config, { pool: database.pool, log });
      const repaired = options.repair ? await repair(database.pool, store) : undefined;
      const findings = repaired?.found ?? (await examine(database.pool, store));
      write(findings, repaired?.left, options.json === true);
      return (repaired?.left ?? findings).length === 0 ? 0 : 1;
    } finally {
      await close();
    }
  } catch (error) {
    log.debug({ err: error }, 'doctor failed');
    process.stderr.write(`parley doctor failed: ${(error as Error).message}\n`);
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
    process.stdout.write('No problems found: the tables match the events.\n');
    return;
  }
  process.stdout.write(`Found:\n${describeFindings(found)}`);
  if (!left) return;
  process.stdout.write(
    left.length === 0
      ? '\nAll problems were repaired.\n'
      : `\nRepaired, except for:\n${describeFindings(left)}`,
  );
}
