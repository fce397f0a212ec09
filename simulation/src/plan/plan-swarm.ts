import type { Random } from '@parley/chaos/lib/random';
import { FAULTS, type FaultName, type PlanKind, type Step } from './plan.ts';

/**
 * Swarm testing (Groce et al., 2012): each plan has a random selection of the optional kinds of commands, faults and
 * circumstances. Those that it has are more frequent, and meet without the others between them, so that more rare
 * states are reached than with plans that have a little of everything.
 */
export interface Swarm {
  /** The shares of the commands; the rest is posts. */
  readonly shares: readonly (readonly [Step['op'], number])[];
  /** Whether there are threads: replies, and choices to follow. */
  readonly hasThreads: boolean;
  /** The kinds of faults, each as often as it is to be chosen. */
  readonly faults: readonly FaultName[];
  readonly circumstances: ReadonlySet<Circumstance>;
}

/** The optional kinds of commands. */
export const COMMAND_KINDS = [
  'threads',
  'polls',
  'edits',
  'deletions',
  'hidings',
  'reactions',
  'cursors',
  'members',
  'pins',
  'duplicates',
] as const;
/** An optional kind of commands. */
export type CommandKind = (typeof COMMAND_KINDS)[number];

/** The commands of the optional kinds, and their shares in a plan that has all kinds. Every plan has posts. */
const COMMANDS: Readonly<Record<CommandKind, Swarm['shares']>> = {
  threads: [
    ['reply', 0.12],
    ['follow', 0.01],
    ['unfollow', 0.01],
    ['read-thread', 0.03],
  ],
  polls: [
    ['poll', 0.02],
    ['vote', 0.04],
    ['close', 0.01],
    ['rival-votes', 0.01],
  ],
  edits: [['edit', 0.09]],
  deletions: [['delete', 0.05]],
  hidings: [
    ['hide', 0.04],
    ['unhide', 0.02],
  ],
  reactions: [
    ['react', 0.07],
    ['unreact', 0.02],
  ],
  cursors: [
    ['read', 0.04],
    ['unread', 0.01],
  ],
  members: [
    ['join', 0.03],
    ['leave', 0.015],
    ['remove', 0.025],
    ['add', 0.03],
  ],
  pins: [
    ['pin', 0.02],
    ['unpin', 0.01],
  ],
  duplicates: [
    ['twice', 0.03],
    ['rivals', 0.03],
  ],
};

/** The share of plans that have each kind of commands, and how many each has at least. */
const COMMANDS_SHARE = 0.42;
const COMMANDS_MIN = 2;
/** Commands of an optional kind are this much more frequent in the plans that have it, up to this share of all. */
const FREQUENCY = 2;
const OPTIONAL_MAX = 0.7;

/** The share of plans with faults that have each kind of them, and how many each has at least. */
const FAULTS_SHARE = 0.45;
const FAULTS_MIN = 3;
const FAULT_NAMES = (Object.keys(FAULTS) as FaultName[]).filter((name) => FAULTS[name] > 0);
const HINT_FAULTS: readonly FaultName[] = ['lose-hints', 'slow-broker', 'broker-away'];
const ABSENCES: readonly FaultName[] = ['sleep-client', 'forget-client'];

/**
 * - `tabs`: an account has several tabs, which share a connection; only in plans with faults of all kinds.
 * - `retention`: messages expire.
 * - `user-group`: the first account is an admin of the server, and changes a user group that texts mention.
 * - `guest`: the last account is a guest.
 * - `hold`: a legal hold covers all groups.
 */
export const CIRCUMSTANCES = ['tabs', 'retention', 'user-group', 'guest', 'hold'] as const;
/** A circumstance that not every plan has. */
export type Circumstance = (typeof CIRCUMSTANCES)[number];

/** The shares of plans that have each; of the plans with faults for tabs. */
const SHARES: Readonly<Record<Circumstance, number>> = {
  tabs: 0.42,
  retention: 0.33,
  'user-group': 0.33,
  guest: 0.33,
  hold: 0.33,
};

/** Chooses what a plan has. */
export function drawSwarm(random: Random, kind: PlanKind): Swarm {
  const kinds = draw(random.fork(1), COMMAND_KINDS, COMMANDS_SHARE, COMMANDS_MIN);
  return {
    shares: sharesOf(kinds),
    hasThreads: kinds.includes('threads'),
    faults: faultsOf(random.fork(2), kind),
    circumstances: drawCircumstances(random.fork(3), kind),
  };
}

/** Returns the optional kinds of commands that a plan has, by its shares. */
export const kindsIn = (ops: ReadonlySet<Step['op']>): CommandKind[] =>
  COMMAND_KINDS.filter((kind) => COMMANDS[kind].some(([op]) => ops.has(op)));

function sharesOf(kinds: readonly CommandKind[]): Swarm['shares'] {
  const all = kinds.flatMap((kind) => COMMANDS[kind]);
  const sum = all.reduce((total, [, share]) => total + share, 0);
  const factor = Math.min(FREQUENCY, OPTIONAL_MAX / sum);
  return all.map(([op, share]) => [op, share * factor] as const);
}

function faultsOf(random: Random, kind: PlanKind): FaultName[] {
  const names = {
    faults: () => draw(random, FAULT_NAMES, FAULTS_SHARE, FAULTS_MIN),
    hints: () => HINT_FAULTS,
    clean: () => ABSENCES,
  }[kind]();
  return names.flatMap((name) => Array<FaultName>(FAULTS[name]).fill(name));
}

function drawCircumstances(random: Random, kind: PlanKind): ReadonlySet<Circumstance> {
  const possible = CIRCUMSTANCES.filter((name) => name !== 'tabs' || kind === 'faults');
  const drawn = possible.filter((name) => random.chance(SHARES[name]));
  return new Set(drawn.length > 0 ? drawn : [random.pick(possible)]);
}

/** Returns each of the items with a probability, at least `min` of them. */
function draw<T>(random: Random, items: readonly T[], share: number, min: number): T[] {
  const drawn = new Set(items.filter(() => random.chance(share)));
  while (drawn.size < min) drawn.add(random.pick(items));
  return items.filter((item) => drawn.has(item));
}
