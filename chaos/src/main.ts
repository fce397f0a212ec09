import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FAULTS, type FaultName } from './plan/fault-names.ts';
import type { Mode, Options } from './plan/plan.ts';
import { planRun } from './plan/plan.ts';
import { PRESETS, SMALL } from './plan/presets.ts';
import { PLANTED_FAULTS } from './planted-faults/planted-faults.ts';
import { reportOf } from './report.ts';
import { run } from './run.ts';
import { shortest } from './shrink.ts';

/** `npm run chaos`, `parley chaos`: runs, checks, and prints the result. */

const USAGE = `Usage: parley chaos [options]

Starts servers on temporary data, runs clients against them while faults happen, and checks that no
acknowledged message was lost, duplicated or seen in another order.

  --mode MODE           clean, chaos, slow or database (default: all four, one after the other)
  --seed N              chooses commands and faults (default: random)
  --minutes N           repeats with the following seeds for this long
  --clients N           --conversations N   --nodes N   --rounds N   --round-ms N   --rate N
  --no-redis            several nodes run without Redis
  --faults a,b,c        any of: ${FAULTS.join(', ')}
  --plant NAME          plants a fault in the server, which the checker must find:
                        ${Object.keys(PLANTED_FAULTS).join(', ')}
  --keep DIR            keeps history and logs in this folder, which must have none of an earlier run
`;

const MODES: readonly Mode[] = ['clean', 'chaos', 'slow', 'database'];

interface Arguments {
  readonly modes: readonly Mode[];
  readonly seed: number;
  readonly minutes: number;
  readonly keep: string | undefined;
  readonly changes: Partial<Options>;
}

/**
 * Runs with these arguments. Resolves with the exit code: 0 if every guarantee was kept, 1 for a
 * violation, 2 for incorrect usage.
 */
export async function main(args: readonly string[]): Promise<number> {
  let parsed: Arguments | 'help';
  try {
    parsed = readArguments(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  if (parsed === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const { modes, minutes, keep, changes } = parsed;
  const until = performance.now() + minutes * 60_000;
  let broken = 0;
  for (let seed = parsed.seed; ; seed++) {
    for (const mode of modes) {
      const dir = keep === undefined ? undefined : resolve(keep, `${mode}-${seed}`);
      if (dir !== undefined && isUsed(dir)) {
        process.stderr.write(
          `${dir} has the data of an earlier run. Remove it or use another folder.\n`,
        );
        return 2;
      }
      if (!(await runOne({ ...PRESETS[mode], ...changes, mode, seed }, dir))) broken++;
    }
    if (performance.now() >= until) break;
  }
  process.stdout.write(
    broken === 0 ? 'Every guarantee was kept.\n' : `${broken} runs violated a guarantee.\n`,
  );
  return broken === 0 ? 0 : 1;
}

/** Returns whether a folder has files. A run that continued the database of another one would find its accounts. */
const isUsed = (dir: string): boolean => existsSync(dir) && readdirSync(dir).length > 0;

/**
 * Executes one run in a folder that is kept, or in a temporary one. Resolves with true if every guarantee was kept.
 */
async function runOne(options: Options, keptDir: string | undefined): Promise<boolean> {
  const { mode, seed } = options;
  const dir = keptDir ?? mkdtempSync(join(tmpdir(), `parley-chaos-${mode}-${seed}-`));
  const print = (line: string) => process.stdout.write(`${line}\n`);
  print(`${mode}, seed ${seed}: ${options.clients} clients, ${options.nodes} node(s)`);
  const result = await run(planRun(options), dir, { print });
  for (const line of reportOf(result)) print(`  ${line}`);
  if (result.violations.length > 0) {
    const [first] = result.violations;
    if (first) {
      const path = join(dir, 'shortest.ndjson');
      const lines = shortest(result.records, first, options).map((r) => JSON.stringify(r));
      writeFileSync(path, `${lines.join('\n')}\n`);
      print(
        `  The shortest history that shows the first violation (${lines.length} records): ${path}`,
      );
    }
    print(`  Repeat: npm run chaos -- --mode ${mode} --seed ${seed}`);
    print(`  Logs and history: ${dir}`);
    return false;
  }
  if (keptDir === undefined) rmSync(dir, { recursive: true, force: true });
  return true;
}

function readArguments(args: readonly string[]): Arguments | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      mode: { type: 'string' },
      seed: { type: 'string' },
      minutes: { type: 'string' },
      clients: { type: 'string' },
      conversations: { type: 'string' },
      nodes: { type: 'string' },
      rounds: { type: 'string' },
      'round-ms': { type: 'string' },
      rate: { type: 'string' },
      'no-redis': { type: 'boolean' },
      faults: { type: 'string' },
      plant: { type: 'string' },
      keep: { type: 'string' },
    },
  });
  if (values.help) return 'help';
  const planted = values.plant === undefined ? undefined : PLANTED_FAULTS[values.plant];
  if (values.plant !== undefined && !planted) throw new Error(`Unknown fault ${values.plant}`);
  const mode = (values.mode ?? planted?.run.mode) as Mode | undefined;
  if (mode !== undefined && !MODES.includes(mode)) throw new Error(`Unknown mode ${mode}`);
  const changes: { -readonly [K in keyof Options]?: Options[K] } = {
    ...(planted && { ...SMALL, ...planted.run }),
    ...(values.plant !== undefined && { planted: values.plant }),
    ...(values['no-redis'] && { redis: false }),
  };
  const numbers = {
    clients: 'clients',
    conversations: 'conversations',
    nodes: 'nodes',
    rounds: 'rounds',
    'round-ms': 'roundMs',
    rate: 'commandsPerSecond',
  } as const;
  for (const [name, key] of Object.entries(numbers)) {
    const text = values[name as keyof typeof numbers];
    if (text !== undefined) changes[key] = wholeNumber(name, text);
  }
  if (values.faults !== undefined) {
    const names = values.faults === '' ? [] : values.faults.split(',');
    const unknown = names.filter((name) => !FAULTS.includes(name as FaultName));
    if (unknown.length > 0) throw new Error(`Unknown fault ${unknown.join(', ')}`);
    changes.faults = names as FaultName[];
  }
  return {
    modes: mode === undefined ? MODES : [mode],
    seed:
      values.seed === undefined
        ? Math.floor(Math.random() * 1e9)
        : wholeNumber('seed', values.seed),
    minutes: values.minutes === undefined ? 0 : wholeNumber('minutes', values.minutes),
    keep: values.keep,
    changes,
  };
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be an integer`);
  return Number(text);
}

if (process.argv[1] && import.meta.url.endsWith(process.argv[1].replaceAll('\\', '/'))) {
  // On an interrupt, servers end with this process, and a small disk is unmounted at its exit.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(130));
  process.exitCode = await main(process.argv.slice(2));
  // Sockets and timers of clients that were killed in the run may remain.
  process.exit();
}
