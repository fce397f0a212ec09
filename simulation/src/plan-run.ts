import { Random } from '@parley/chaos/random';
import type { ClientPlan, Conditions, ConversationPlan, Plan, PlanKind } from './plan.ts';
import { planFaults, planHidings } from './plan-faults.ts';
import { planHold, planLooks } from './plan-requests.ts';
import { DENSE, type Shape, SPREAD } from './plan-shapes.ts';
import { planRetention, planSteps, planUserGroup } from './plan-steps.ts';

/** Of each ten plans, one has no faults, and one has only those of the broker. */
const OTHER_KINDS_EVERY = 10;
/** The share of plans with faults in which an account has several tabs, which share a connection. */
const TABS_SHARE = 0.4;
/** The share of plans with faults that are dense. */
const DENSE_SHARE = 0.8;
/** The share of plans with a guest. */
const GUEST_SHARE = 0.3;
/** The share of plans with a legal hold. */
const HOLD_SHARE = 0.3;

/** Creates the plan of a seed. */
export function planRun(seed: number): Plan {
  const random = new Random(seed);
  const kind = kindOf(seed);
  const shape = kind !== 'clean' && random.fork(10).chance(DENSE_SHARE) ? DENSE : SPREAD;
  const accounts = random.chance(0.7) ? 3 : shape.most.accounts;
  const clients = planClients(accounts, random.fork(1), kind, shape);
  const hasGuest = random.fork(9).chance(GUEST_SHARE);
  const all = planConversations(accounts, random.fork(2), shape);
  const conversations = hasGuest ? withGuest(all, accounts - 1) : all;
  const faults = planFaults(random.fork(5), kind, clients, shape);
  const hidings = planHidings(clients, conversations, random.fork(6), kind, shape);
  const userGroup = planUserGroup(
    clients,
    planSteps(clients, conversations, faults, random.fork(4), shape),
    random.fork(8),
    shape,
  );
  const hasHold = random.fork(11).chance(HOLD_SHARE);
  const holdSteps = hasHold ? planHold(clients, random.fork(12), shape) : [];
  const looks = hasGuest ? planLooks(clients, conversations, random.fork(13), shape) : [];
  const { retention, choices } = planRetention(clients, conversations, random.fork(7), shape);
  return {
    seed,
    kind,
    nodes: random.int(kind === 'hints' ? 2 : 1, shape.most.nodes),
    accounts,
    clients,
    conversations,
    conditions: planConditions(random.fork(3), kind, shape),
    retention,
    hasUserGroup: userGroup.isMentioned,
    hasGuest,
    hasHold,
    steps: [...userGroup.steps, ...hidings.steps, ...choices, ...holdSteps, ...looks].sort(
      (a, b) => a.at - b.at,
    ),
    faults: [...faults, ...hidings.faults].sort((a, b) => a.at - b.at),
  };
}

function kindOf(seed: number): PlanKind {
  if (seed % OTHER_KINDS_EVERY === 0) return 'clean';
  return seed % OTHER_KINDS_EVERY === OTHER_KINDS_EVERY / 2 ? 'hints' : 'faults';
}

function planClients(
  accounts: number,
  random: Random,
  kind: PlanKind,
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
  if (kind === 'faults' && random.chance(TABS_SHARE))
    return [...clients, ...planTabs(clients, random)];
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
      ...(random.chance(0.15) && { commands: 30 }),
      ...(random.chance(0.15) && { replayEvents: random.int(10, 40) }),
    },
    commit,
  };
}
