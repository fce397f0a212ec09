import { Random } from '../lib/random.ts';
import type { GuestStep } from '../steps/guest-steps.ts';
import { isModerationStep, type ModerationStep } from '../steps/moderation-steps.ts';
import type { ThreadStep } from '../steps/thread-steps.ts';
import type { FaultName } from './fault-names.ts';

/**
 * The plan of a run, chosen completely before it starts: the same options give the same plan. Timing
 * still differs between runs; the history shows what happened.
 */

/** The focus of a run; each mode finds what the others miss. */
export type Mode =
  /** No faults: no repair may be needed, and everything arrives in time. */
  | 'clean'
  /** Faults of all kinds, mixed. */
  | 'chaos'
  /** Slow and long-absent readers with a backlog: the server’s memory stays bounded. */
  | 'slow'
  /** The database dies repeatedly: the outcome of commits is unknown. */
  | 'database';

/** The options of a run. */
export interface Options {
  readonly seed: number;
  readonly mode: Mode;
  readonly clients: number;
  /** The last accounts are guests. */
  readonly guests: number;
  readonly conversations: number;
  /** 1: a node with its embedded database; 2 and more: nodes over one external database. */
  readonly nodes: number;
  /** Whether several nodes are joined by Redis; without it they find each other’s events later. */
  readonly redis: boolean;
  readonly rounds: number;
  /** How long commands are sent in a round, ms. */
  readonly roundMs: number;
  readonly commandsPerSecond: number;
  /** Whether clients also reply in threads, vote in polls and mention others. */
  readonly threads: boolean;
  /** The allowed faults; those that the mode does not use are left out. */
  readonly faults: readonly FaultName[];
  /** Faults in a round, at most. */
  readonly faultsPerRound: number;
  /** Every client must have everything this long after a round, ms. */
  readonly deadlineMs: number;
  /** Name of a planted fault, or of several, separated by commas; see planted-faults.ts. */
  readonly planted?: string;
}

/** How a client behaves. */
export type Style =
  /** Stays connected. */
  | 'steady'
  /** Reads slowly. */
  | 'slow'
  /** Disconnects and returns with its old cursor. */
  | 'sleeper'
  /** Is killed now and then, and continues from its store. */
  | 'crasher'
  /** Returns with an empty store. */
  | 'forgetful'
  /** Repeats its commands: twice at once, on two nodes, much later. */
  | 'blind';

/** A device of an account. */
export interface ClientPlan {
  readonly name: string;
  /** Index of the account; the last few clients are second devices of the first accounts. */
  readonly account: number;
  readonly isGuest: boolean;
  readonly style: Style;
  readonly node: number;
  /** Keeps its data in (a stand-in for) IndexedDB with the store that browsers use. */
  readonly indexedDb: boolean;
}

/** A conversation; its first member is the founder, no guest, never leaves, and reads the log at the end. */
export interface ConversationPlan {
  readonly kind: 'everyone' | 'direct' | 'group';
  readonly members: readonly number[];
}

/** A step of a client. `pick` in [0, 1) chooses among the objects of that moment. */
export interface Step {
  readonly at: number;
  readonly client: number;
  readonly op:
    | ThreadStep
    | ModerationStep
    | GuestStep
    | 'post'
    | 'reply'
    | 'edit'
    | 'delete'
    | 'react'
    | 'unreact'
    | 'pin'
    | 'unpin'
    | 'read'
    | 'unread'
    | 'join'
    | 'leave'
    | 'remove'
    | 'add'
    | 'away';
  readonly conversation: number;
  readonly pick: number;
  readonly text: string;
}

/** A fault, from `at` for `durationMs`; `pick` chooses its victim. */
export interface FaultPlan {
  readonly at: number;
  readonly name: FaultName;
  readonly durationMs: number;
  readonly pick: number;
}

/** The whole plan. */
export interface Plan {
  readonly options: Options;
  readonly accounts: number;
  readonly conversations: readonly ConversationPlan[];
  readonly clients: readonly ClientPlan[];
  readonly rounds: readonly {
    readonly steps: readonly Step[];
    readonly faults: readonly FaultPlan[];
  }[];
}

const EMOJI = ['👍', '🎉', '❤️', '😀'];

/** Creates the plan of a run. */
export function planRun(options: Options): Plan {
  const random = new Random(options.seed);
  const devices = Math.max(2, Math.floor(options.clients / 10));
  const accounts = options.clients - devices;
  const conversations = planConversations(options, accounts, random.fork(1));
  const clients = planClients(options, accounts, random.fork(2));
  const rounds = Array.from({ length: options.rounds }, (_, round) => ({
    steps: [
      ...planSteps(options, clients, conversations, round, random.fork(100 + round)),
      ...planLooks(options, clients, conversations, random.fork(20_000 + round)),
    ].sort((a, b) => a.at - b.at),
    faults: planFaults(options, random.fork(10_000 + round)),
  }));
  return { options, accounts, conversations, clients, rounds };
}

function planConversations(options: Options, accounts: number, random: Random): ConversationPlan[] {
  const own = accounts - options.guests;
  const all = Array.from({ length: own }, (_, i) => i);
  const conversations: ConversationPlan[] = [{ kind: 'everyone', members: all }];
  const pairs = new Set<string>();
  while (conversations.length < options.conversations) {
    if (conversations.length % 5 < 2) {
      const one = random.int(0, own - 1);
      const other = random.int(0, own - 1);
      const pair = [one, other].sort((a, b) => a - b);
      if (one === other || pairs.has(pair.join())) continue;
      pairs.add(pair.join());
      conversations.push({ kind: 'direct', members: pair });
    } else {
      const members = new Set<number>();
      const size = Math.min(accounts, random.int(3, 9));
      while (members.size < size) members.add(random.int(0, accounts - 1));
      const founder = [...members].find((account) => account < own) ?? random.int(0, own - 1);
      conversations.push({ kind: 'group', members: [...new Set([founder, ...members])] });
    }
  }
  // Every guest is invited to a group.
  for (let guest = own; guest < accounts; guest++) {
    if (conversations.some(({ kind, members }) => kind === 'group' && members.includes(guest)))
      continue;
    const groups = conversations.flatMap(({ kind }, n) => (kind === 'group' ? n : []));
    const n = random.pick(groups);
    const group = conversations[n] as ConversationPlan;
    conversations[n] = { ...group, members: [...group.members, guest] };
  }
  return conversations;
}

const STYLES: Readonly<Record<Mode, readonly Style[]>> = {
  clean: ['steady', 'steady', 'steady', 'blind', 'sleeper', 'forgetful'],
  chaos: ['steady', 'steady', 'blind', 'slow', 'sleeper', 'crasher', 'crasher', 'forgetful'],
  slow: ['steady', 'steady', 'slow', 'slow', 'sleeper'],
  database: ['steady', 'steady', 'blind', 'crasher'],
};

function planClients(options: Options, accounts: number, random: Random): ClientPlan[] {
  const styles = STYLES[options.mode];
  return Array.from({ length: options.clients }, (_, i) => {
    const account = i < accounts ? i : i - accounts;
    return {
      name: i < accounts ? `c${account}` : `c${account}b`,
      account,
      isGuest: account >= accounts - options.guests,
      style: styles[i % styles.length] as Style,
      node: random.int(0, options.nodes - 1),
      // One database for each account: never two devices on one.
      indexedDb: i < accounts && i % 7 === 5,
    };
  });
}

/** Shares of the commands; the rest is posts. */
const SHARES: readonly (readonly [Step['op'], number])[] = [
  ['edit', 0.09],
  ['delete', 0.04],
  ['react', 0.07],
  ['unreact', 0.02],
  ['read', 0.06],
  ['unread', 0.01],
  ['join', 0.02],
  ['leave', 0.01],
  ['remove', 0.015],
  ['add', 0.015],
  ['pin', 0.03],
  ['unpin', 0.02],
  ['hide', 0.03],
  ['unhide', 0.02],
];
/** The shares of what is done in threads and polls. */
const THREAD_SHARES: typeof SHARES = [
  ['reply', 0.1],
  ['poll', 0.01],
  ['vote', 0.04],
  ['close', 0.005],
  ['follow', 0.01],
  ['unfollow', 0.01],
  ['read-thread', 0.03],
];

function planSteps(
  options: Options,
  clients: readonly ClientPlan[],
  conversations: readonly ConversationPlan[],
  round: number,
  random: Random,
): Step[] {
  const steps: Step[] = [];
  const count = Math.round((options.commandsPerSecond * options.roundMs) / 1000);
  const shares = options.threads ? [...SHARES, ...THREAD_SHARES] : SHARES;
  for (let n = 0; n < count; n++) {
    const op = random.weighted(shares, 'post');
    const anyone = random.int(0, clients.length - 1);
    const by = (clients[anyone] as ClientPlan).account;
    const conversation = pickConversation(options, random, conversations, by, op);
    // The first clients are those of the accounts, in their order. The founder may hide messages.
    const client = isModerationStep(op) ? (conversations[conversation]?.members[0] ?? 0) : anyone;
    const { name } = clients[client] as ClientPlan;
    const text =
      op === 'react' || op === 'unreact'
        ? random.pick(EMOJI)
        : textOf(options, `${name}-${round}-${n}`, random);
    const at = Math.floor(random.next() * options.roundMs);
    steps.push({ at, client, op, conversation, pick: random.next(), text });
  }
  for (const [client, { style }] of clients.entries()) {
    if (style !== 'sleeper' && style !== 'crasher' && style !== 'forgetful') continue;
    const at = Math.floor(random.next() * options.roundMs * 0.6);
    const pick = random.next();
    // Some stay away through a round or longer, and return to a backlog.
    steps.push({ at, client, op: 'away', conversation: 0, pick, text: '' });
  }
  return steps;
}

/** How often a guest looks in a round for what it may not see. */
const LOOKS = 12;

function planLooks(
  options: Options,
  clients: readonly ClientPlan[],
  conversations: readonly ConversationPlan[],
  random: Random,
): Step[] {
  const all = conversations.map((_, n) => n);
  return clients.flatMap(({ account, isGuest }, client) => {
    const invited = all.filter((n) => conversations[n]?.members.includes(account));
    return Array.from({ length: isGuest ? LOOKS : 0 }, () => ({
      at: Math.floor(random.next() * options.roundMs),
      client,
      op: 'look' as const,
      conversation: random.pick(random.chance(0.5) ? invited : all),
      pick: random.next(),
      text: '',
    }));
  });
}

function pickConversation(
  options: Options,
  random: Random,
  conversations: readonly ConversationPlan[],
  account: number,
  op: Step['op'],
): number {
  const isAboutMembers = op === 'join' || op === 'leave' || op === 'remove' || op === 'add';
  const ownIndexes: number[] = [];
  const groups: number[] = [];
  for (const [i, { kind, members }] of conversations.entries()) {
    if (kind === 'group') groups.push(i);
    // The default group sends a message to every client: not too often.
    // (With slow readers a backlog is the purpose.)
    const often = options.mode === 'slow' ? 1 : 0.15;
    if (members.includes(account) && (kind !== 'everyone' || random.chance(often)))
      ownIndexes.push(i);
  }
  if (isAboutMembers || isModerationStep(op)) return random.pick(groups);
  // Now and then in a conversation that the account does not belong to, or no longer.
  if (random.chance(0.08)) return random.pick(groups);
  return ownIndexes.length > 0 ? random.pick(ownIndexes) : 0;
}

/** Slow mode needs many bytes with few messages. */
function textOf(options: Options, name: string, random: Random): string {
  // Three bytes per character: the kernel’s buffers must be full before anything waits.
  if (options.mode === 'slow') return `${name} ${'€'.repeat(random.int(10_000, 15_900))}`;
  const text =
    options.threads && random.chance(MENTION_SHARE) ? `${mention(options, random)} ${name}` : name;
  return random.chance(0.02) ? `${text} ${'é'.repeat(random.int(100, 4_000))}` : text;
}

/** The share of the texts that mention someone. */
const MENTION_SHARE = 0.15;

/** The name of an account, or of everyone. */
const mention = ({ clients }: Options, random: Random): string =>
  random.chance(0.2) ? '@everyone' : `@${usernameOf(random.int(0, clients - 1))}`;

/** Returns the username of an account; there are none of the last few numbers. */
export const usernameOf = (account: number): string => `p${account}`;

function planFaults(options: Options, random: Random): FaultPlan[] {
  if (options.faults.length === 0 || options.faultsPerRound === 0) return [];
  return Array.from({ length: random.int(1, options.faultsPerRound) }, () => ({
    at: Math.floor(random.next() * options.roundMs * 0.7),
    name: random.pick(options.faults),
    durationMs: random.int(300, Math.max(600, Math.floor(options.roundMs * 0.7))),
    pick: random.next(),
  })).sort((a, b) => a.at - b.at);
}
