import type { Random } from '@parley/chaos/lib/random';
import type { ClientPlan, ConversationPlan, FaultName, FaultPlan, PlanKind, Step } from './plan.ts';
import type { Shape } from './plan-shapes.ts';

/** How many tabs are reloaded in a plan with tabs. */
const RELOADS = 2;
/** The share of plans with faults in which a client is away until after most commands, and for how long. */
const ABSENCE_SHARE = 0.3;
const ABSENCE_MS = { min: 3_500, max: 5_500 };

/** The share of plans with faults but without tabs in which messages are posted and hidden while a client is away. */
const HIDINGS_SHARE = 0.4;
/** When the client leaves, when the messages are posted and hidden, and when it returns, ms after the last command. */
const HIDINGS_MS = {
  leave: [-400, -100],
  post: [0, 50],
  hide: [150, 300],
  // By then every node knows of the hidings, unless it was kept from that.
  return: [3_000, 3_800],
} as const;

/** Plans the faults of a run; `names`: the kinds of faults, each as often as it is to be chosen. */
export function planFaults(
  random: Random,
  kind: PlanKind,
  names: readonly FaultName[],
  clients: readonly ClientPlan[],
  { activeMs }: Shape,
): FaultPlan[] {
  const fault = (name: FaultName, lasts: number): FaultPlan => ({
    at: random.next() * activeMs * 0.9,
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

/**
 * Plans a client that is away while the last messages are posted and hidden: it may not receive their texts when
 * it returns. Nothing that is deleted or hidden later takes them from the memory of the nodes.
 */
export function planHidings(
  clients: readonly ClientPlan[],
  conversations: readonly ConversationPlan[],
  random: Random,
  kind: PlanKind,
  { activeMs }: Shape,
): { readonly steps: Step[]; readonly faults: FaultPlan[] } {
  const canBe = kind === 'faults' && !clients.some(({ isTab }) => isTab);
  if (!canBe || !random.chance(HIDINGS_SHARE)) return { steps: [], faults: [] };
  const within = ([from, to]: readonly [number, number]) =>
    activeMs + from + random.next() * (to - from);
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
