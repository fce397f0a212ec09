import {
  type AccountId,
  findKeyword,
  type NotificationOverride,
  type NotificationSettings,
  type RecipientSettings,
  textAnchors,
} from '@parley/protocol';
import { threadState } from '../messages/threads/thread-cursor-sql.ts';
import { mayAct } from '../permissions/account-state.ts';
import type { Queryable } from '../storage/queryable.ts';
import { accountsOfAllMessages, currentSettings } from './current-settings.ts';
import { isCurrent } from './membership-sql.ts';
import type { MessageToDecide } from './messages-to-decide.ts';
import { generalOf } from './queries.ts';

/** Finds the accounts that messages may concern, with the input of the decisions about them. */

/** Returns whether an account is using a device now, on any node. */
export type PresenceOf = (account: AccountId) => 'active' | 'away' | 'unknown';

/** When decisions are made, and who is using a device then. */
export interface DecisionContext {
  readonly presenceOf: PresenceOf;
  /** Wall clock, ms. */
  readonly now: number;
}

/** An account that a message may concern. */
export interface Recipient {
  /** The index of the message. */
  readonly n: number;
  readonly account: AccountId;
  readonly isMember: boolean;
  readonly isFollowing: boolean | null;
  /**
   * Whether the message mentioned it by name when posted; mentions added by an edit notify no one.
   */
  readonly isNamed: boolean;
  readonly hasRead: boolean;
  /** Whether it has blocked the author. */
  readonly isBlocked: boolean;
  readonly settings: RecipientSettings;
}

interface RecipientRow {
  n: number;
  account: AccountId;
  is_following: boolean | null;
  is_named: boolean;
  has_read: boolean;
  is_blocked: boolean;
  general: NotificationSettings | null;
  of_conversation: NotificationOverride | null;
  of_thread: NotificationOverride | null;
  do_not_disturb_until: Date | null;
}

/** SQL: the current settings of a recipient for a scope. */
const current = (scope: string) => currentSettings('f.account_id', scope);

/**
 * SQL: the candidates, from the messages `m`, of which `everyone` are those that mention everyone, and
 * the keywords found in them.
 */
const CANDIDATES = `
  select m.n, o.account_id from m
  join memberships o on o.conversation_id = m.id and o.left_seq is null
  where m.is_direct
  union
  select m.n, x.account_id from m
  join mentions x on x.conversation_id = m.id and x.message_seq = m.seq
  union
  select m.n, p.account_id from m
  join thread_participants p on p.conversation_id = m.id and p.thread = m.thread
  union
  select m.n, w.account_id from m
  join thread_follows w on w.conversation_id = m.id and w.thread = m.thread
  union
  select m.n, x.account_id from m
  join mentions x on x.conversation_id = m.id and x.thread = m.thread
  union
  select m.n, v.account_id from m
  join notification_changes v on v.conversation_id = m.id and v.thread = m.thread
    and v.is_current
  union
  select m.n, o.account_id from everyone m
  join memberships o on o.conversation_id = m.id and o.left_seq is null
  where exists (select from notification_devices v where v.account_id = o.account_id)
  union
  select m.n, w.account_id from m
  cross join lateral (${accountsOfAllMessages('m.id')}) w
  where not m.is_direct and not m.is_only_in_thread
  union
  select m.n, k.account_id from unnest($7::int8[], $8::text[]) f (n, keyword)
  join m on m.n = f.n
  -- From the members: a keyword can be that of every account of the server. “offset 0” keeps this order.
  cross join lateral (
    select o.account_id from memberships o
    where o.conversation_id = m.id and o.left_seq is null and exists (
      select from notification_keywords k
      where k.account_id = o.account_id and k.keyword = f.keyword)
    offset 0) k`;

/** SQL: the recipients among the candidates `f`, with the input of the decision about each. */
const RECIPIENTS = `
  with m as materialized (
    select * from unnest($1::uuid[], $2::int8[], $3::int8[], $4::uuid[], $5::bool[], $6::bool[])
      with ordinality m (id, seq, thread, author, is_direct, is_only_in_thread, n)
  ), everyone as materialized (
    select m.n, m.id from m where m.n = any($9::int8[])
  ), found as materialized (${CANDIDATES}
  )
  select (m.n - 1)::int as n, f.account_id as account,
    exists (select from mentions x
      where x.account_id = f.account_id and x.conversation_id = m.id and x.message_seq = m.seq
        and x.seq = m.seq) as is_named,
    case when m.thread is not null then state.is_following end as is_following,
    coalesce(m.seq <= case when m.is_only_in_thread then state.read_seq else o.read_seq end, false)
      as has_read,
    exists (select from blocks b
      where b.account_id = f.account_id and b.blocked_id = m.author) as is_blocked,
    ${current('v.conversation_id is null')} as general,
    ${current('v.conversation_id = m.id and v.thread is null')} as of_conversation,
    case when m.thread is not null then
      ${current('v.conversation_id = m.id and v.thread = m.thread')} end as of_thread,
    (select s.do_not_disturb_until from statuses s where s.account_id = f.account_id)
      as do_not_disturb_until
  from found f
  join m on m.n = f.n
  join accounts a on a.id = f.account_id and ${mayAct('a')}
  -- “offset 0”: each is found by its whole key.
  cross join lateral (
    select o.read_seq from memberships o
    where o.account_id = f.account_id and o.conversation_id = m.id
      and ${isCurrent('o')} and o.joined_seq <= m.seq
    offset 0) o
  left join lateral ${threadState('f.account_id', 'm.id', 'm.thread')} state
    on m.thread is not null
  where f.account_id <> m.author and ($10::uuid[] is null or f.account_id = any($10))`;

/**
 * Returns the recipients of messages, all of them members since before the message: the others in
 * direct conversations; accounts mentioned by name, that may follow the thread or have settings for
 * it, or with a keyword in the text; of accounts with devices, all if it mentions everyone, and
 * those that chose all messages of the group. With `only`, just those accounts.
 */
export async function recipientsOf(
  client: Queryable,
  messages: readonly MessageToDecide[],
  only: readonly AccountId[] | null = null,
): Promise<Recipient[]> {
  const keywords = await keywordMatches(client, messages);
  const { rows } = await client.query<RecipientRow>({
    name: 'notifications-recipients',
    text: RECIPIENTS,
    values: [
      messages.map((m) => m.conversation),
      messages.map((m) => m.seq),
      messages.map((m) => m.thread),
      messages.map((m) => m.author),
      messages.map((m) => m.isDirect),
      messages.map((m) => m.isOnlyInThread),
      keywords.map(({ n }) => n + 1),
      keywords.map(({ keyword }) => keyword),
      messages.flatMap((m, n) => (m.mentions?.some((x) => x.kind === 'everyone') ? [n + 1] : [])),
      only,
    ],
  });
  return rows.map(recipientOf);
}

function recipientOf(row: RecipientRow): Recipient {
  return {
    n: row.n,
    account: row.account,
    isMember: true,
    isFollowing: row.is_following,
    isNamed: row.is_named,
    hasRead: row.has_read,
    isBlocked: row.is_blocked,
    settings: {
      general: generalOf(row.general),
      conversation: row.of_conversation,
      thread: row.of_thread,
      doNotDisturbUntil: row.do_not_disturb_until?.getTime() ?? null,
    },
  };
}

/** A keyword found in a message. */
interface KeywordMatch {
  readonly n: number;
  readonly keyword: string;
}

/** Returns the keywords of members that are in messages. */
async function keywordMatches(
  client: Queryable,
  messages: readonly MessageToDecide[],
): Promise<KeywordMatch[]> {
  const byAnchor = new Map<string, number[]>();
  for (const [n, { body }] of messages.entries()) {
    if (body === '') continue;
    for (const anchor of textAnchors(body)) {
      const there = byAnchor.get(anchor);
      if (there) there.push(n);
      else byAnchor.set(anchor, [n]);
    }
  }
  if (byAnchor.size === 0) return [];
  const { rows } = await client.query<{ keyword: string; anchor: string }>({
    name: 'notifications-keywords-of-anchors',
    text: `select distinct k.keyword, k.anchor from notification_keywords k
           where k.anchor = any($1) and exists (
             select from memberships o
             where o.account_id = k.account_id and o.conversation_id = any($2) and o.left_seq is null)`,
    values: [[...byAnchor.keys()], [...new Set(messages.map((m) => m.conversation))]],
  });
  return rows.flatMap(({ keyword, anchor }) =>
    (byAnchor.get(anchor) ?? [])
      .filter((n) => findKeyword(messages[n]?.body ?? '', [keyword]) !== null)
      .map((n) => ({ n, keyword })),
  );
}
