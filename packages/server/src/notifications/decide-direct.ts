import type {
  AccountId,
  ConversationId,
  NotificationOverride,
  NotificationSettings,
  Seq,
} from '@parley/protocol';
import type pg from 'pg';
import { mayAct } from '../permissions/account-state.ts';
import { currentSettings } from './current-settings.ts';
import { decisionFor } from './decision-for.ts';
import { type DecidedRange, storeDecidedRanges } from './deliveries.ts';
import type { MessageToDecide, Range } from './messages-to-decide.ts';
import { generalOf } from './queries.ts';
import type { DecisionContext } from './recipients.ts';

/**
 * Decides about plain direct messages: outside threads, without mentions, not deleted, among users
 * who have not blocked each other. The decision depends only on the recipient and on how far it has
 * read, so it is made once per recipient and range of events, and stored for all its messages by
 * one statement. Most direct messages are plain; deciding each alone would cost a third of posting
 * it.
 */

interface DirectRow {
  readonly n: number;
  readonly isPlain: boolean;
  /** Null: the range has no messages, or no recipient is active. */
  readonly account: AccountId | null;
  readonly joinedSeq: Seq;
  readonly readSeq: Seq;
  readonly general: NotificationSettings | null;
  readonly ofConversation: NotificationOverride | null;
  readonly doNotDisturbUntil: Date | null;
}

/**
 * Decides about the ranges of direct conversations in which all messages are plain, and returns the
 * other ranges. Each range is classified by one statement, so a concurrent edit or deletion neither
 * skips nor repeats a message.
 */
export async function decideDirect(
  client: pg.ClientBase,
  ranges: readonly Range[],
  context: DecisionContext,
): Promise<Range[]> {
  const rows = await directRecipients(client, ranges);
  const plain = new Set(rows.filter((row) => row.isPlain).map((row) => row.n));
  const decisions = rows.flatMap((row) => {
    const range = ranges[row.n];
    return row.isPlain && range ? decisionsFor(row, range, context) : [];
  });
  await storeDecidedRanges(client, decisions, context.now);
  return ranges.filter((_, n) => !plain.has(n));
}

/** Returns the members of direct conversations, and whether the messages of each range are plain. */
async function directRecipients(
  client: pg.ClientBase,
  ranges: readonly Range[],
): Promise<DirectRow[]> {
  const { rows } = await client.query<DirectRow>({
    name: 'notifications-direct-recipients',
    // “offset 0” fixes the join order: from the ranges to their rows by key, regardless of
    // statistics.
    text: `
      select (r.n - 1)::int as n, r.is_plain as "isPlain", f.*
      from (
        select r.n, r.id, c.direct_key, coalesce(g.is_plain, true) and not exists (
            select from unnest(string_to_array(c.direct_key, ' ')::uuid[]) k (account)
            join blocks b on b.account_id = k.account
              and b.blocked_id = any(string_to_array(c.direct_key, ' ')::uuid[])) as is_plain
        from unnest($1::uuid[], $2::int8[], $3::int8[]) with ordinality r (id, after, up_to, n)
        cross join lateral (
          select c.direct_key from conversations c where c.id = r.id and c.kind = 'direct'
          offset 0) c
        cross join lateral (
          select bool_and(m.thread is null and m.mentions is null and m.deleted_at is null
            and m.hidden_at is null) as is_plain
          from messages m
          where m.conversation_id = r.id and m.seq > r.after and m.seq <= r.up_to) g
        offset 0) r
      left join lateral (
        select o.account_id as account, o.joined_seq as "joinedSeq", o.read_seq as "readSeq",
          ${currentSettings('o.account_id', 'v.conversation_id is null')} as general,
          ${currentSettings('o.account_id', 'v.conversation_id = r.id and v.thread is null')} as "ofConversation",
          (select s.do_not_disturb_until from statuses s where s.account_id = o.account_id)
            as "doNotDisturbUntil"
        -- The key has the ids of the members: each row is found by its whole key.
        from unnest(string_to_array(r.direct_key, ' ')::uuid[]) k (account)
        cross join lateral (
          select * from memberships o
          where o.account_id = k.account and o.conversation_id = r.id and o.left_seq is null
          offset 0) o
        join accounts a on a.id = o.account_id and ${mayAct('a')}
        offset 0) f on r.is_plain`,
    values: [
      ranges.map((r) => r.conversation),
      ranges.map((r) => r.after),
      ranges.map((r) => r.upTo),
    ],
  });
  return rows;
}

/**
 * Returns the decisions for a recipient on the messages of a range: one for those it has read, one
 * for the rest.
 */
function decisionsFor(
  row: DirectRow,
  { conversation, after, upTo }: Range,
  { presenceOf, now }: DecisionContext,
): DecidedRange[] {
  const { account } = row;
  if (account === null) return [];
  const presence = presenceOf(account);
  const decide = (hasRead: boolean) =>
    decisionFor(
      aPlainMessage(conversation),
      {
        n: 0,
        account,
        isMember: true,
        isFollowing: null,
        isNamed: false,
        hasRead,
        isBlocked: false,
        settings: {
          general: generalOf(row.general),
          conversation: row.ofConversation,
          thread: null,
          doNotDisturbUntil: row.doNotDisturbUntil?.getTime() ?? null,
        },
      },
      presence,
      now,
    );
  const from = Math.max(after, row.joinedSeq - 1) as Seq;
  const read = Math.min(Math.max(row.readSeq, from), upTo) as Seq;
  return [
    ...(read > from
      ? [{ account, conversation, after: from, upTo: read, decision: decide(true) }]
      : []),
    ...(upTo > read ? [{ account, conversation, after: read, upTo, decision: decide(false) }] : []),
  ];
}

/** Returns a plain message of someone else; fields of other messages do not matter. */
const aPlainMessage = (conversation: ConversationId): MessageToDecide => ({
  conversation,
  seq: 0 as Seq,
  author: '' as AccountId,
  isDirect: true,
  thread: null,
  isOnlyInThread: false,
  isDeleted: false,
  mentions: null,
  body: '',
});
