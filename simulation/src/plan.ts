import type { Op } from '@parley/chaos/history';
import { Random } from '@parley/chaos/random';
import type { ThreadStep } from '@parley/chaos/thread-steps';

/**
 * The plan of a run, chosen completely from its seed before it starts. What it leaves open (latencies, the
 * order in which things happen) is chosen by the same seed while it runs.
 */
export interface Plan {
  readonly seed: number;
  readonly kind: PlanKind;
  readonly nodes: number;
  readonly accounts: number;
  readonly clients: readonly ClientPlan[];
  readonly conversations: readonly ConversationPlan[];
  readonly conditions: Conditions;
  readonly retention: RetentionPlan | null;
  /** Whether the first account is an admin of the server, and changes a user group that texts mention. */
  readonly hasUserGroup: boolean;
  /** Whether the last account is a guest. */
  readonly hasGuest: boolean;
  readonly steps: readonly Step[];
  readonly faults: readonly FaultPlan[];
}

/**
 * - `faults`: faults of all kinds.
 * - `hints`: only the broker fails. Nodes repair that, and clients notice nothing but a delay.
 * - `clean`: no faults; clients stop and return. Nothing may have to be repaired.
 */
export type PlanKind = 'faults' | 'hints' | 'clean';

/** A client: a device of an account. */
export interface ClientPlan {
  readonly name: string;
  /** Index of its account. */
  readonly account: number;
  readonly clockOffsetMs: number;
  /** Whether it is a tab of a browser, in which the account has other tabs that share its connection. */
  readonly isTab: boolean;
}

/** A group. The first account creates it. */
export interface ConversationPlan {
  /** Indexes of the accounts. */
  readonly members: readonly number[];
}

/**
 * A day passes in the middle of the run, so that groups that keep messages for a day delete what was posted
 * before, each message some time after its post.
 */
export interface RetentionPlan {
  /** When the day passes, ms from the start. */
  readonly passesAt: number;
  /** How long before its end a message is posted that expires then, ms. */
  readonly keepMs: number;
  /** When nodes search for expired messages, besides when a group has chosen another period. */
  readonly searches: readonly number[];
}

/** The conditions that hold throughout a run. */
export interface Conditions {
  /** Latency of the network, ms. */
  readonly latency: { readonly min: number; readonly max: number };
  /** Latency of the broker, ms. */
  readonly broker: { readonly min: number; readonly max: number };
  /** Bytes that the operating system of a node buffers for each socket. */
  readonly kernelBytes: number;
  /** Limits that differ from those of the product. */
  readonly limits: Readonly<Record<string, number>>;
}

/** What a client does at a time, ms from the start. */
export interface Step {
  readonly at: number;
  /** Index of the client. */
  readonly client: number;
  readonly op:
    | Op
    | ThreadStep
    | 'reply'
    | 'read'
    | 'unread'
    | 'twice'
    | 'rivals'
    | 'rival-votes'
    | 'user-group';
  /** Index of the conversation. */
  readonly conversation: number;
  /** Chooses what the step is about, in [0, 1). */
  readonly pick: number;
  readonly text: string;
}

/** A fault, from `at` for `lasts` ms; `pick` in [0, 1) chooses its victim. */
export interface FaultPlan {
  readonly at: number;
  readonly name: FaultName;
  readonly lasts: number;
  readonly pick: number;
}

/** Kinds of faults, with how often each is chosen. */
const FAULTS = {
  'cut-link': 4,
  'lose-link': 3,
  'hold-link': 2,
  'stop-reading': 3,
  'slow-reader': 2,
  'kill-node': 4,
  'stop-node': 2,
  'freeze-node': 3,
  'crash-client': 4,
  'sleep-client': 3,
  'forget-client': 1,
  'freeze-client': 1,
  'reload-tab': 0,
  'lose-hints': 3,
  'broker-away': 3,
  'slow-broker': 2,
  'crash-database': 3,
  'restore-database': 1,
  'lose-database': 2,
  'lose-commit': 4,
  'slow-database': 2,
  'hold-lock': 2,
  'fail-writes': 2,
  'clock-back': 1,
} as const;

/** A kind of fault; faults.ts says what each does. */
export type FaultName = keyof typeof FAULTS;

const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];
const HINT_FAULTS: readonly FaultName[] = ['lose-hints', 'slow-broker', 'broker-away'];
const ABSENCES: readonly FaultName[] = ['sleep-client', 'forget-client'];

/** Shares of the commands; the rest is posts. */
const SHARES: readonly (readonly [Step['op'], number])[] = [
  ['reply', 0.12],
  ['poll', 0.02],
  ['vote', 0.04],
  ['close', 0.01],
  ['rival-votes', 0.01],
  ['follow', 0.01],
  ['unfollow', 0.01],
  ['read-thread', 0.03],
  ['edit', 0.09],
  ['delete', 0.05],
  ['hide', 0.04],
  ['unhide', 0.02],
  ['react', 0.07],
  ['unreact', 0.02],
  ['read', 0.04],
  ['unread', 0.01],
  ['join', 0.03],
  ['leave', 0.015],
  ['remove', 0.025],
  ['add', 0.03],
  ['pin', 0.02],
  ['unpin', 0.01],
  ['twice', 0.03],
  ['rivals', 0.03],
];
const EMOJI = ['👍', '🎉', '❤️'];
/** How long commands are sent, ms. */
const ACTIVE_MS = 3_000;
/** The share of commands that are sent alone. Others come in bursts, of at most this size and duration. */
const SINGLE_SHARE = 0.4;
const BURST_MAX = 7;
const BURST_MS = 5;
/** The shares of the commands of a burst that are of its first client, and at its first moment. */
const SAME_CLIENT_SHARE = 0.5;
const SAME_MOMENT_SHARE = 0.6;
/** Of each ten plans, one has no faults, and one has only those of the broker. */
const OTHER_KINDS_EVERY = 10;

/** The share of plans with faults in which an account has several tabs, which share a connection. */
const TABS_SHARE = 0.4;

/** The share of bursts that a tab sends shortly after a tab was reloaded, and how long after it. */
const RELOAD_SHARE = 0.3;
const RELOAD_MS = 80;
/** How many tabs are reloaded in a plan with tabs. */
const RELOADS = 2;
/** The share of plans with faults in which a client is away until after most commands, and for how long. */
const ABSENCE_SHARE = 0.3;
const ABSENCE_MS = { min: 3_500, max: 5_500 };

/** The share of plans with faults but without tabs in which messages are posted and hidden while a client is away. */
const HIDINGS_SHARE = 0.4;
/** When the client leaves, when the messages are posted and hidden, and when it returns, ms. */
const HIDINGS_MS = {
  leave: [ACTIVE_MS - 400, ACTIVE_MS - 100],
  post: [ACTIVE_MS, ACTIVE_MS + 50],
  hide: [ACTIVE_MS + 150, ACTIVE_MS + 300],
  // By then every node knows of the hidings, unless it was kept from that.
  return: [ACTIVE_MS + 3_000, ACTIVE_MS + 3_800],
} as const;

/** The name of the user group of a run. */
export const USER_GROUP = 'team';
/** The share of plans with a user group, and of the mentions in them that are of it. */
const USER_GROUP_SHARE = 0.3;
const USER_GROUP_MENTION_SHARE = 0.7;
/** How often its members change. */
const USER_GROUP_CHANGES = 8;

/** The share of plans with a guest. */
const GUEST_SHARE = 0.3;

/** The share of plans in which messages expire. */
const RETENTION_SHARE = 0.25;
const RETENTION_MS = { passes: [600, 2_000], keeps: [200, 1_500] } as const;
/** How often nodes search for expired messages, and groups choose another period. */
const SEARCHES = 6;
const CHOICES = { min: 1, max: 5 };

/** Creates the plan of a seed. */
export function planRun(seed: number): Plan {
  const random = new Random(seed);
  const kind = kindOf(seed);
  const accounts = random.chance(0.7) ? 3 : 4;
  const clients = planClients(accounts, random.fork(1), kind);
  const hasGuest = random.fork(9).chance(GUEST_SHARE);
  const all = planConversations(accounts, random.fork(2));
  const conversations = hasGuest ? withGuest(all, accounts - 1) : all;
  const faults = planFaults(random.fork(5), kind, clients);
  const hidings = planHidings(clients, conversations, random.fork(6), kind);
  const userGroup = planUserGroup(
    clients,
    planSteps(clients, conversations, faults, random.fork(4)),
    random.fork(8),
  );
  const { retention, choices } = planRetention(clients, conversations, random.fork(7));
  return {
    seed,
    kind,
    nodes: kind === 'hints' ? random.int(2, 3) : random.int(1, 3),
    accounts,
    clients,
    conversations,
    conditions: planConditions(random.fork(3), kind),
    retention,
    hasUserGroup: userGroup.isMentioned,
    hasGuest,
    steps: [...userGroup.steps, ...hidings.steps, ...choices].sort((a, b) => a.at - b.at),
    faults: [...faults, ...hidings.faults].sort((a, b) => a.at - b.at),
  };
}

function kindOf(seed: number): PlanKind {
  if (seed % OTHER_KINDS_EVERY === 0) return 'clean';
  return seed % OTHER_KINDS_EVERY === OTHER_KINDS_EVERY / 2 ? 'hints' : 'faults';
}

function planClients(accounts: number, random: Random, kind: PlanKind): ClientPlan[] {
  const clockOffsetMs = () =>
    kind === 'clean' || random.chance(0.7) ? 0 : random.int(-90_000, 90_000);
  const clients = Array.from({ length: accounts }, (_, account) => ({
    name: `c${account}`,
    account,
    clockOffsetMs: clockOffsetMs(),
    isTab: false,
  }));
  if (kind === 'faults' && random.chance(TABS_SHARE))
    return [...clients, ...planTabs(clients, random)];
  // A second device of one account.
  if (random.chance(0.3)) {
    const account = random.int(0, accounts - 1);
    const name = `c${account}b`;
    clients.push({ name, account, clockOffsetMs: clockOffsetMs(), isTab: false });
  }
  return clients;
}

/** Makes one client a tab, and returns more tabs of its browser. */
function planTabs(clients: ClientPlan[], random: Random): ClientPlan[] {
  const account = random.int(0, clients.length - 1);
  const first = { ...(clients[account] as ClientPlan), isTab: true };
  clients[account] = first;
  const names = random.chance(0.6) ? ['b'] : ['b', 'c'];
  return names.map((name) => ({ ...first, name: `${first.name}${name}` }));
}

function planConversations(accounts: number, random: Random): ConversationPlan[] {
  const others = Array.from({ length: accounts - 1 }, (_, i) => i + 1);
  return Array.from({ length: random.int(2, 3) }, (_, i) => ({
    members: i === 0 ? [0, ...others] : [0, ...others.filter(() => random.chance(0.7))],
  }));
}

/** Invites a guest to the second group only, so that there is something that it may not learn of. */
const withGuest = (conversations: readonly ConversationPlan[], guest: number): ConversationPlan[] =>
  conversations.map(({ members }, n) => {
    const others = members.filter((account) => account !== guest);
    return { members: n === 1 ? [...others, guest] : others };
  });

function planConditions(random: Random, kind: PlanKind): Conditions {
  const fast = { min: 0.2, max: random.pick([1, 3, 10]) };
  if (kind !== 'faults') {
    const broker = { min: 0.1, max: kind === 'clean' ? 1 : 40 };
    return { latency: fast, broker, kernelBytes: 64 * 1024, limits: {} };
  }
  return {
    latency: random.chance(0.7) ? fast : { min: 5, max: random.int(20, 120) },
    broker: { min: 0.1, max: random.pick([1, 5, 40]) },
    kernelBytes: random.pick([400, 2_000, 16_384]),
    limits: {
      ...(random.chance(0.4) && { bufferedBytes: random.pick([300, 1_500, 6_000]) }),
      ...(random.chance(0.15) && { commands: 30 }),
      ...(random.chance(0.15) && { replayEvents: random.int(10, 40) }),
    },
  };
}

/** Commands mostly come several at a time, from one client or from several: what races is in one batch. */
function planSteps(
  clients: readonly ClientPlan[],
  conversations: readonly ConversationPlan[],
  faults: readonly FaultPlan[],
  random: Random,
): Step[] {
  const steps: Step[] = [];
  const count = random.int(100, 106);
  // Tabs do more than other clients: what they send has to meet on one connection.
  const choices = clients.flatMap(({ isTab }, n) => (isTab ? [n, n, n] : [n]));
  const anyClient = () => random.pick(choices);
  const tabs = clients.flatMap(({ isTab }, n) => (isTab ? n : []));
  const reloads = faults.filter(({ name }) => name === 'reload-tab');
  while (steps.length < count) {
    // What a tab sends while it connects again may have to wait until it follows another one.
    const reload = reloads.length > 0 && random.chance(RELOAD_SHARE) ? random.pick(reloads) : null;
    const at = reload
      ? reload.at + reload.lasts + random.next() * RELOAD_MS
      : random.next() * ACTIVE_MS;
    const first = reload ? random.pick(tabs) : anyClient();
    const burst = random.chance(SINGLE_SHARE) ? 1 : random.int(2, BURST_MAX);
    for (let n = 0; n < burst; n++) {
      const client = random.chance(SAME_CLIENT_SHARE) ? first : anyClient();
      const { account, name } = clients[client] as ClientPlan;
      const op = random.weighted(SHARES, 'post');
      const isEmoji = op === 'react' || op === 'unreact';
      steps.push({
        at: random.chance(SAME_MOMENT_SHARE) ? at : at + random.next() * BURST_MS,
        client,
        op,
        conversation: pickConversation(conversations, account, op, random),
        pick: random.next(),
        text: isEmoji ? random.pick(EMOJI) : textOf(`${name}-${steps.length}`, random),
      });
    }
  }
  return steps.sort((a, b) => a.at - b.at);
}

/**
 * Plans a client that is away while the last messages are posted and hidden: it may not receive their texts when
 * it returns. Nothing that is deleted or hidden later takes them from the memory of the nodes.
 */
function planHidings(
  clients: readonly ClientPlan[],
  conversations: readonly ConversationPlan[],
  random: Random,
  kind: PlanKind,
): { readonly steps: Step[]; readonly faults: FaultPlan[] } {
  const canBe = kind === 'faults' && !clients.some(({ isTab }) => isTab);
  if (!canBe || !random.chance(HIDINGS_SHARE)) return { steps: [], faults: [] };
  const within = ([from, to]: readonly [number, number]) => from + random.next() * (to - from);
  // The first account has created all groups, and moderates them.
  const moderators = [...clients.keys()].filter((n) => clients[n]?.account === 0);
  const steps = [...conversations.keys()].flatMap((conversation): Step[] => {
    const text = `hidden-${conversation}`;
    const step = { conversation, client: random.pick(moderators), text };
    return [
      { ...step, op: 'post', at: within(HIDINGS_MS.post), pick: random.next() },
      // One of the very latest messages.
      { ...step, op: 'hide', at: within(HIDINGS_MS.hide), pick: 1 - random.next() / 10 },
    ];
  });
  const at = within(HIDINGS_MS.leave);
  const lasts = within(HIDINGS_MS.return) - at;
  return { steps, faults: [{ at, name: 'sleep-client', lasts, pick: random.next() }] };
}

/** Makes many texts that mention someone mention a user group instead, whose members change meanwhile. */
function planUserGroup(
  clients: readonly ClientPlan[],
  steps: readonly Step[],
  random: Random,
): { readonly isMentioned: boolean; readonly steps: readonly Step[] } {
  if (!random.chance(USER_GROUP_SHARE)) return { isMentioned: false, steps };
  const [client = 0] = [...clients.keys()].filter((n) => clients[n]?.account === 0);
  const mentioning = steps.map((step) => {
    const isChanged = /^@c\d/.test(step.text) && random.chance(USER_GROUP_MENTION_SHARE);
    return isChanged ? { ...step, text: step.text.replace(/^@c\d/, `@${USER_GROUP}`) } : step;
  });
  const changes = Array.from({ length: USER_GROUP_CHANGES }, (): Step => {
    const at = random.next() * ACTIVE_MS;
    return { at, client, op: 'user-group', conversation: 0, pick: random.next(), text: '' };
  });
  return { isMentioned: true, steps: [...mentioning, ...changes] };
}

/** Plans that messages expire: most groups keep them for a day, and some choose another period later. */
function planRetention(
  clients: readonly ClientPlan[],
  conversations: readonly ConversationPlan[],
  random: Random,
): { readonly retention: RetentionPlan | null; readonly choices: Step[] } {
  if (!random.chance(RETENTION_SHARE)) return { retention: null, choices: [] };
  const [client = 0] = [...clients.keys()].filter((n) => clients[n]?.account === 0);
  const choice = (conversation: number, at: number, pick: number): Step => ({
    ...{ at, client, op: 'retention', conversation, pick, text: '' },
  });
  // The first choice of a pick of 0 is a day.
  const first = [...conversations.keys()].map((n) => choice(n, random.next() * 300, 0));
  const later = Array.from({ length: random.int(CHOICES.min, CHOICES.max) }, () =>
    choice(random.int(0, conversations.length - 1), random.next() * ACTIVE_MS, random.next()),
  );
  const [passes, keeps] = [RETENTION_MS.passes, RETENTION_MS.keeps];
  const retention = {
    passesAt: random.int(...passes),
    keepMs: random.int(...keeps),
    searches: Array.from({ length: SEARCHES }, () => random.next() * ACTIVE_MS),
  };
  return { retention, choices: [...first, ...later] };
}

/** Mostly one that the account belongs to at the start; the first one is never left. */
function pickConversation(
  conversations: readonly ConversationPlan[],
  account: number,
  op: Step['op'],
  random: Random,
): number {
  const all = [...conversations.keys()];
  const later = all.slice(1);
  if (op === 'join' || op === 'leave' || op === 'add' || op === 'remove') return random.pick(later);
  if (random.chance(0.1)) return random.pick(all);
  const mine = all.filter((i) => conversations[i]?.members.includes(account));
  return random.pick(mine);
}

/** The share of the texts that mention one of the first accounts, or everyone. */
const MENTION_SHARE = 0.2;
const MENTIONS = ['@c0', '@c1', '@c2', '@everyone'];

function textOf(name: string, random: Random): string {
  const text = random.chance(MENTION_SHARE) ? `${random.pick(MENTIONS)} ${name}` : name;
  return random.chance(0.04) ? `${text} ${'é'.repeat(random.int(50, 1_500))}` : text;
}

function planFaults(random: Random, kind: PlanKind, clients: readonly ClientPlan[]): FaultPlan[] {
  const kinds = { faults: FAULT_NAMES, hints: HINT_FAULTS, clean: ABSENCES }[kind];
  const names = kinds.flatMap((name) => Array<FaultName>(FAULTS[name]).fill(name));
  const fault = (name: FaultName, lasts: number): FaultPlan => ({
    at: random.next() * ACTIVE_MS * 0.9,
    name,
    lasts,
    pick: random.next(),
  });
  const faults = Array.from({ length: random.int(5, 9) }, () =>
    fault(random.pick(names), random.chance(0.6) ? random.int(20, 800) : random.int(800, 4_000)),
  );
  if (kind === 'faults' && random.chance(ABSENCE_SHARE)) {
    const lasts = random.int(ABSENCE_MS.min, ABSENCE_MS.max);
    faults.push({ ...fault('sleep-client', lasts), at: random.next() * 500 });
  }
  if (clients.some(({ isTab }) => isTab)) {
    for (let n = 0; n < RELOADS; n++) faults.push(fault('reload-tab', random.int(5, 200)));
  }
  return faults.sort((a, b) => a.at - b.at);
}
