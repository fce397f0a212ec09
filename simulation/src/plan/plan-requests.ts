import type { Random } from '@parley/chaos/lib/random';
import type { ClientPlan, ConversationPlan, Step } from './plan.ts';
import type { Shape } from './plan-shapes.ts';

/** How often the clients of a guest ask for users, conversations and messages, and those of others. */
const LOOKS = { guest: 4, others: 1 };
/** How often a client of a guest asks again for the presence of users. */
const WATCHES = 1;

/** The share of legal holds that are released before the end, and when, as a share of the time in which commands are sent. */
const RELEASED_SHARE = 0.5;
const RELEASED = { min: 0.3, max: 1 };
/** How often a legal hold is exported while commands are sent, at most. */
const EXPORTS = 1;

/** Plans what clients ask for in a run with a guest, whose account is the last one. */
export function planLooks(
  clients: readonly ClientPlan[],
  conversations: readonly ConversationPlan[],
  random: Random,
  { activeMs }: Shape,
): Step[] {
  const guest = Math.max(...clients.map(({ account }) => account));
  const [ofGuest, ofOthers] = [true, false].map((isGuest) =>
    [...clients.keys()].filter((n) => (clients[n]?.account === guest) === isGuest),
  ) as [number[], number[]];
  const steps = (count: number, among: readonly number[], op: 'look' | 'watch') =>
    Array.from({ length: count }, (): Step => {
      const [at, client] = [random.next() * activeMs, random.pick(among)];
      const conversation = random.int(0, conversations.length - 1);
      return { at, client, op, conversation, pick: random.next(), text: '' };
    });
  return [
    ...steps(LOOKS.guest, ofGuest, 'look'),
    ...steps(LOOKS.others, ofOthers, 'look'),
    ...steps(WATCHES, ofGuest, 'watch'),
  ];
}

/** Plans that the legal hold of a run is exported, and in a part of the runs released, while commands are sent. */
export function planHold(
  clients: readonly ClientPlan[],
  random: Random,
  { activeMs }: Shape,
): Step[] {
  const [client = 0] = [...clients.keys()].filter((n) => clients[n]?.account === 0);
  const step = (op: 'export-hold' | 'release-hold', at: number): Step => ({
    ...{ at, client, op, conversation: 0, pick: random.next(), text: '' },
  });
  const exports = Array.from({ length: random.int(0, EXPORTS) }, () =>
    step('export-hold', random.next() * activeMs),
  );
  if (!random.chance(RELEASED_SHARE)) return exports;
  const { min, max } = RELEASED;
  const at = (min + random.next() * (max - min)) * activeMs;
  // Often during an export.
  const other = random.chance(0.5) ? [step('export-hold', at - random.next() * 20)] : [];
  return [...exports, ...other, step('release-hold', at)];
}
