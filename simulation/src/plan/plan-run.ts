import { Random } from '@parley/chaos/lib/random';
import type { ClientPlan, Conditions, ConversationPlan, Plan, PlanKind, Step } from './plan.ts';
import { planFaults, planHidings } from './plan-faults.ts';
import { planHold, planLooks } from './plan-requests.ts';
import { CROWDED, DENSE, type Shape, SPREAD } from './plan-shapes.ts';
import { mentionUserGroup, planRetention, planSteps, planUserGroup } from './plan-steps.ts';
import { drawSwarm, type Swarm } from './plan-swarm.ts';

/** Of each ten plans, one has no faults, and one has only those of the broker. */
const OTHER_KINDS_EVERY = 10;
/** The shares of the shapes of plans with faults; the rest is spread. */
const SHAPES = [
  [DENSE, 0.5],
  [CROWDED, 0.3],
] as const;
/** How many commands a plan has. */
const COMMANDS = 100;
/** Steps that only read. */
const READS: readonly Step['op'][] = ['look', 'watch', 'export-hold'];

/** Creates the plan of a seed. */
export function planRun(seed: number): Plan {
  const random = new Random(seed);
  const kind = kindOf(seed);
  const shape = kind === 'clean' ? SPREAD : random.fork(10).weighted<Shape>(SHAPES, SPREAD);
  const { shares, hasThreads, faults: names, circumstances } = drawSwarm(random.fork(14), kind);
  const accounts = random.chance(0.7) ? 3 : shape.most.accounts;
  const clients = planClients(accounts, random.fork(1), kind, circumstances.has('tabs'), shape);
  const hasGuest = circumstances.has('guest');
  const all = planConversations(accounts, random.fork(2), shape);
  const conversations = hasGuest ? withGuest(all, accounts - 1) : all;
  const faults = planFaults(random.fork(5), kind, names, clients, shape);
  const { retention, hasUserGroup, hasHold, others, more } = planOthers(
    { clients, conversations, kind, circumstances },
    random,
    shape,
  );
  const count = COMMANDS - others.filter(({ op }) => !READS.includes(op)).length;
  const planned = planSteps(
    { clients, conversations, faults, shares, count },
    random.fork(4),
    shape,
  );
  const steps = hasUserGroup ? mentionUserGroup(planned, random.fork(8)) : planned;
  return {
    seed,
    kind,
    nodes: random.int(kind === 'hints' ? 2 : 1, shape.most.nodes),
    accounts,
    clients,
    conversations,
    conditions: planConditions(random.fork(3), kind, shape),
    hasThreads,
    retention,
    hasUserGroup,
    hasGuest,
    hasHold,
    steps: [...steps, ...others].sort((a, b) => a.at - b.at),
    faults: [...faults, ...more].sort((a, b) => a.at - b.at),
  };
}

/** Plans what the circumstances of a plan add to it: steps, and faults. */
function planOthers(
  {
    clients,
    conversations,
    kind,
    circumstances,
  }: Pick<Plan, 'clients' | 'conversations' | 'kind'> & Pick<Swarm, 'circumstances'>,
  random: Random,
  shape: Shape,
) {
  const hidings = planHidings(clients, conversations, random.fork(6), kind, shape);
  const expiring = circumstances.has('retention')
    ? planRetention(clients, conversations, random.fork(7), shape)
    : { retention: null, choices: [] };
  const hasHold = circumstances.has('hold');
  const hasUserGroup = circumstances.has('user-group');
  const others: Step[] = [
    ...hidings.steps,
    ...expiring.choices,
    ...(hasUserGroup ? planUserGroup(clients, random.fork(15), shape) : []),
    ...(hasHold ? planHold(clients, random.fork(12), shape) : []),
    ...(circumstances.has('guest')
      ? planLooks(clients, conversations, random.fork(13), shape)
      : []),
  ];
  return { retention: expiring.retention, hasUserGroup, hasHold, others, more: hidings.faults };
}

function kindOf(seed: number): PlanKind {
  if (seed % OTHER_KINDS_EVERY === 0) return 'clean';
  return seed % OTHER_KINDS_EVERY === OTHER_KINDS_EVERY / 2 ? 'hints' : 'faults';
}

function planClients(
  accounts: number,
  random: Random,
  kind: PlanKind,
  hasTabs: boolean,
  { deviceShare }: Shape,
): ClientPlan[] {
  const clockOffsetMs = () =>
    kind === 'clean' || random.chance(0.7) ? 0 : random.int(-90_000, 90_000);
  const clients = Array.from({ length: accounts }, (_, account) => ({
    name: `c${account}`,
    account,
    clockOffsetMs: clockOffsetMs(),
    isTab: false,
  }));
  if (hasTabs) return [...clients, ...planTabs(clients, random)];
  // A second device of one account.
  if (random.chance(deviceShare)) {
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

function planConversations(accounts: number, random: Random, { most }: Shape): ConversationPlan[] {
  const others = Array.from({ length: accounts - 1 }, (_, i) => i + 1);
  return Array.from({ length: random.int(2, most.groups) }, (_, i) => ({
    members: i === 0 ? [0, ...others] : [0, ...others.filter(() => random.chance(0.7))],
  }));
}

/** Invites a guest to the second group only, so that there is something that it may not learn of. */
const withGuest = (conversations: readonly ConversationPlan[], guest: number): ConversationPlan[] =>
  conversations.map(({ members }, n) => {
    const others = members.filter((account) => account !== guest);
    return { members: n === 1 ? [...others, guest] : others };
  });

function planConditions(random: Random, kind: PlanKind, { commit }: Shape): Conditions {
  const fast = { min: 0.2, max: random.pick([1, 3, 10]) };
  if (kind !== 'faults') {
    const broker = { min: 0.1, max: kind === 'clean' ? 1 : 40 };
    return { latency: fast, broker, kernelBytes: 64 * 1024, limits: {}, commit };
  }
  return {
    latency: random.chance(0.7) ? fast : { min: 5, max: random.int(20, 120) },
    broker: { min: 0.1, max: random.pick([1, 5, 40]) },
    kernelBytes: random.pick([400, 2_000, 16_384]),
    limits: {
      ...(random.chance(0.4) && { bufferedBytes: random.pick([300, 1_500, 6_000]) }),
      ...(random.chance(0.15) && { commands: 60 }),
      ...(random.chance(0.15) && { replayEvents: random.int(10, 40) }),
    },
    commit,
  };
}
