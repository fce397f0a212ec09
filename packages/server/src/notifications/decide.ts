import type { ConversationId } from '@parley/protocol';
import type pg from 'pg';
import { withTransaction } from '../storage/database.ts';
import {
  ActivityBatch,
  type ActivityChange,
  itemsOfEvents,
  itemsOfMessages,
} from './activity-items.ts';
import { decideDirect } from './decide-direct.ts';
import { decisionFor } from './decision-for.ts';
import { storeDecided } from './deliveries.ts';
import {
  advance,
  type MessageToDecide,
  messagesIn,
  type Range,
  splitRanges,
} from './messages-to-decide.ts';
import { type DecisionContext, type Recipient, recipientsOf } from './recipients.ts';

/**
 * All lookups are by key for any values, so each statement is planned once: planning takes longer
 * than executing. A plan made while a table was small, and kept until the table is analyzed, must
 * not scan it.
 */
const BY_KEY = `set local plan_cache_mode = force_generic_plan;
  set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off`;

/** Messages whose recipients are in memory at a time: a thread can have thousands. */
const MESSAGES_AT_ONCE = 100;

/**
 * Decides about messages posted since the last run, and stores the decisions together with the
 * progress: each is made once, even if several nodes decide or are killed. Returns
 * the conversations that have more events, and the accounts whose activity has changed.
 */
export async function decideNext(
  pool: pg.Pool,
  conversations: readonly ConversationId[],
  context: DecisionContext,
): Promise<{ more: ConversationId[]; changed: ActivityChange[] }> {
  return await withTransaction(pool, async (client) => {
    await client.query(BY_KEY);
    const ranges = await advance(client, conversations);
    const activity = new ActivityBatch(client);
    const others = await decideDirect(client, ranges, context);
    await decideEach(client, others, activity, context);
    for (const part of splitRanges(ranges)) await activity.add(await itemsOfEvents(client, part));
    const more = ranges.filter((r) => r.hasMore).map((r) => r.conversation);
    return { more, changed: await activity.end() };
  });
}

/** Decides about the messages in ranges of events, each for each of its recipients. */
export async function decideEach(
  client: pg.ClientBase,
  ranges: readonly Range[],
  activity: ActivityBatch,
  context: DecisionContext,
): Promise<void> {
  for (const part of splitRanges(ranges)) {
    const messages = await messagesIn(client, part);
    for (let n = 0; n < messages.length; n += MESSAGES_AT_ONCE) {
      const some = messages.slice(n, n + MESSAGES_AT_ONCE);
      const recipients = await recipientsOf(client, some);
      await storeDecisions(client, some, recipients, context);
      await activity.add(await itemsOfMessages(client, some, recipients, context));
    }
  }
}

async function storeDecisions(
  client: pg.ClientBase,
  messages: readonly MessageToDecide[],
  recipients: readonly Recipient[],
  { presenceOf, now }: DecisionContext,
): Promise<void> {
  const decided = recipients.flatMap((recipient) => {
    const message = messages[recipient.n];
    if (!message) return [];
    const { account } = recipient;
    const { conversation, seq } = message;
    const decision = decisionFor(message, recipient, presenceOf(account), now);
    return [{ account, conversation, seq, decision }];
  });
  await storeDecided(client, decided, now);
}
