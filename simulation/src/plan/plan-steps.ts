import type { Random } from '@parley/chaos/lib/random';
import {
  type ClientPlan,
  type ConversationPlan,
  type FaultPlan,
  type RetentionPlan,
  type Step,
  USER_GROUP,
} from './plan.ts';
import type { Shape } from './plan-shapes.ts';
import type { Swarm } from './plan-swarm.ts';

const EMOJI = ['👍', '🎉', '❤️'];
/** The duration of a burst, ms. */
const BURST_MS = 5;
/** The share of the commands of a burst that are of its first client. */
const SAME_CLIENT_SHARE = 0.5;
/** The share of bursts that a tab sends shortly after a tab was reloaded, and how long after it. */
const RELOAD_SHARE = 0.3;
const RELOAD_MS = 80;

/** The share of the mentions in plans with a user group that are of it. */
const USER_GROUP_MENTION_SHARE = 0.7;
/** How often its members change. */
const USER_GROUP_CHANGES = 8;

/** When the day passes, as a share of the time in which commands are sent, and how long messages are kept then, ms. */
const RETENTION_PASSES = { min: 0.2, max: 0.67 };
const RETENTION_KEEPS_MS = [200, 1_500] as const;
/** How often nodes search for expired messages, and groups choose another period. */
const SEARCHES = 6;
const CHOICES = { min: 1, max: 5 };

/** What the commands of a run are planned with. */
export interface StepsPlan {
  readonly clients: readonly ClientPlan[];
  readonly conversations: readonly ConversationPlan[];
  readonly faults: readonly FaultPlan[];
  readonly shares: Swarm['shares'];
  readonly count: number;
}

/**
 * Plans the commands of a run. Most come several at a time, from one client or from several, so that those that race are
 * in one batch.
 */
export function planSteps(
  { clients, conversations, faults, shares, count }: StepsPlan,
  random: Random,
  { activeMs, singleShare, burst: size, sameMomentShare }: Shape,
): Step[] {
  const steps: Step[] = [];
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
      : random.next() * activeMs;
    const first = reload ? random.pick(tabs) : anyClient();
    const burst = random.chance(singleShare) ? 1 : random.int(size.min, size.max);
    for (let n = 0; n < burst && steps.length < count; n++) {
      const client = random.chance(SAME_CLIENT_SHARE) ? first : anyClient();
      const { account, name } = clients[client] as ClientPlan;
      const op = random.weighted<Step['op']>(shares, 'post');
      const isEmoji = op === 'react' || op === 'unreact';
      steps.push({
        at: random.chance(sameMomentShare) ? at : at + random.next() * BURST_MS,
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

/** Makes many texts that mention someone mention the user group instead. */
export function mentionUserGroup(steps: readonly Step[], random: Random): Step[] {
  return steps.map((step) => {
    const isChanged = /^@c\d/.test(step.text) && random.chance(USER_GROUP_MENTION_SHARE);
    return isChanged ? { ...step, text: step.text.replace(/^@c\d/, `@${USER_GROUP}`) } : step;
  });
}

/** Plans that the members of the user group change. */
export function planUserGroup(
  clients: readonly ClientPlan[],
  random: Random,
  { activeMs }: Shape,
): Step[] {
  const [client = 0] = [...clients.keys()].filter((n) => clients[n]?.account === 0);
  return Array.from({ length: USER_GROUP_CHANGES }, () => {
    const at = random.next() * activeMs;
    return { at, client, op: 'user-group', conversation: 0, pick: random.next(), text: '' };
  });
}

/** Plans that messages expire: most groups keep them for a day, and some choose another period later. */
export function planRetention(
  clients: readonly ClientPlan[],
  conversations: readonly ConversationPlan[],
  random: Random,
  { activeMs }: Shape,
): { readonly retention: RetentionPlan; readonly choices: Step[] } {
  const [client = 0] = [...clients.keys()].filter((n) => clients[n]?.account === 0);
  const choice = (conversation: number, at: number, pick: number): Step => ({
    ...{ at, client, op: 'retention', conversation, pick, text: '' },
  });
  // The first choice of a pick of 0 is a day.
  const first = [...conversations.keys()].map((n) => choice(n, random.next() * 300, 0));
  const later = Array.from({ length: random.int(CHOICES.min, CHOICES.max) }, () =>
    choice(random.int(0, conversations.length - 1), random.next() * activeMs, random.next()),
  );
  const { min, max } = RETENTION_PASSES;
  const retention = {
    passesAt: (min + random.next() * (max - min)) * activeMs,
    keepMs: random.int(...RETENTION_KEEPS_MS),
    searches: Array.from({ length: SEARCHES }, () => random.next() * activeMs),
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
