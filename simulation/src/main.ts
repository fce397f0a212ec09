import { register } from 'node:module';
import { parseArgs } from 'node:util';
import type { Exploration, Failure } from './explore.ts';
import type { Plan } from './plan/plan.ts';
import { PLANTED_FAULTS } from './planted-faults/planted-faults.ts';
import type { RunOptions } from './simulation.ts';

/**
 * `npm run simulate`: runs the delivery path in simulated time, schedule after schedule.
 *
 * A run uses the product's own modules for nodes and clients, in one thread. Only their environment
 * is simulated: time (`event-loop/`), sockets (`network/`), the database
 * (`database/`), the broker (`node/broker.ts`), storage of clients (`client/store.ts`), and faults
 * (`faults.ts`). One seed decides everything: what clients do (`plan/`), how long everything
 * takes, and in which order things happen. `run.ts` runs a plan; the checker of the chaos runs
 * checks the result.
 */

const USAGE = `Usage: npm run simulate -- [options]

Runs the delivery path with simulated time, network, database, broker and failures, and checks that no
acknowledged message was lost, duplicated or seen in another order.

  --seconds N    runs schedules for this long (default: 60)
  --count N      runs this many schedules instead
  --seed N       the seed of the first schedule (default: random); alone, only that one is run
                 several, separated by commas: only those are run
  --trace        prints what happened in that schedule
  --brief        does not minimize a schedule that fails
  --plant NAME   plants a fault, which must be found:
                 ${Object.keys(PLANTED_FAULTS).join(', ')}
`;

interface Arguments {
  readonly seconds: number | null;
  readonly count: number | null;
  /** One, or several of which only those are run. */
  readonly seeds: readonly [number, ...number[]];
  readonly trace: boolean;
  readonly brief: boolean;
  readonly plant: string | undefined;
}

const print = (line: string) => process.stdout.write(`${line}\n`);

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
    print(USAGE);
    return 0;
  }
  const { seeds, seconds, count, trace, brief, plant } = parsed;
  const [seed] = seeds;
  const planted = plant === undefined ? undefined : PLANTED_FAULTS[plant];
  if (planted) register('./planted-faults/hooks.js', import.meta.url, { data: planted.edits });
  // The modules of the product are loaded only now, with the planted fault.
  const { explore } = await import('./explore.ts');
  const { planRun } = await import('./plan/plan-run.ts');
  const options: RunOptions = { cursorFirst: planted?.cursorFirst };
  if (seconds === null && count === null) {
    let code = 0;
    for (const each of seeds) {
      code = Math.max(code, await runOne(planRun(each), { trace, brief, plant }, options));
    }
    return code;
  }
  const explored = await explore(seed, { seconds, count }, options);
  print(summaryOf(explored, seed));
  if (!explored.failure) {
    print('Every guarantee was kept.');
    return 0;
  }
  printFailure(explored.failure);
  if (!brief) await printReduced(explored.failure, options, plant);
  return 1;
}

function summaryOf({ schedules, clean, commands, faults, seconds }: Exploration, seed: number) {
  const rate = Math.round((schedules / seconds) * 60);
  return (
    `${schedules} schedules from seed ${seed} on in ${seconds.toFixed(1)} s (${rate} a minute), ` +
    `${commands} commands, ${faults} faults; ${clean} more schedules without faults`
  );
}

/** Runs one plan. */
async function runOne(
  plan: Plan,
  { trace: isTraced, brief, plant }: Pick<Arguments, 'trace' | 'brief' | 'plant'>,
  options: RunOptions,
): Promise<number> {
  const { traceOf } = await import('./explore.ts');
  const { run } = await import('./run.ts');
  const result = await run(plan, options);
  if (isTraced) for (const line of await traceOf(plan, options)) print(line);
  if (result.violations.length === 0) {
    print(`Seed ${plan.seed}: every guarantee was kept.`);
    return 0;
  }
  printFailure({ plan, result });
  if (!isTraced && !brief) await printReduced({ plan, result }, options, plant);
  return 1;
}

function printFailure({ plan, result }: Failure): void {
  print(`Seed ${plan.seed} violates a guarantee:`);
  const first = new Map(result.violations.map((violation) => [violation.rule, violation]));
  for (const { rule, what, client, stream } of first.values()) {
    print(`  ${rule}: ${[what, client, stream].filter(Boolean).join(', ')}`);
  }
}

/** Prints the failure with as few commands and faults as possible, and its trace. */
async function printReduced(
  failure: Failure,
  options: RunOptions,
  plant: string | undefined,
): Promise<void> {
  const { reduce, traceOf } = await import('./explore.ts');
  const plan = await reduce(failure, options);
  print(`Reduced to ${plan.steps.length} commands and ${plan.faults.length} faults:`);
  for (const line of await traceOf(plan, options)) print(line);
  const planted = plant === undefined ? '' : ` --plant ${plant}`;
  print(`Repeat: npm run simulate -- --seed ${plan.seed}${planted}`);
}

function readArguments(args: readonly string[]): Arguments | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      count: { type: 'string' },
      trace: { type: 'boolean' },
      brief: { type: 'boolean' },
      plant: { type: 'string' },
    },
  });
  if (values.help) return 'help';
  const number = (name: string, text: string) => {
    if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be an integer`);
    return Number(text);
  };
  const optional = (name: 'seconds' | 'count') => {
    const text = values[name];
    return text === undefined ? null : number(name, text);
  };
  const { plant } = values;
  if (plant !== undefined && !PLANTED_FAULTS[plant]) throw new Error(`There is no fault ${plant}`);
  const [seconds, count] = [optional('seconds'), optional('count')];
  const [seed = Math.floor(Math.random() * 1e8), ...others] = (values.seed?.split(',') ?? []).map(
    (text) => number('seed', text),
  );
  if (others.length > 0 && (seconds !== null || count !== null)) {
    throw new Error('--seconds and --count need a single seed');
  }
  return {
    seeds: [seed, ...others],
    seconds: seconds ?? (values.seed === undefined && count === null ? 60 : null),
    count,
    trace: values.trace === true,
    brief: values.brief === true,
    plant,
  };
}

if (process.argv[1] && import.meta.url.endsWith(process.argv[1].replaceAll('\\', '/'))) {
  process.exitCode = await main(process.argv.slice(2));
  // Timers of processes that a run left behind are simulated, and nothing else is open.
  process.exit();
}
