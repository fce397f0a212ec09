import {
  type AccountId,
  type ConversationId,
  isMuted,
  type NotificationOverride,
  type RecipientSettings,
  type Seq,
  SYSTEM,
} from '@parley/protocol';
import type pg from 'pg';
import { mayAct } from '../permissions/account-state.ts';
import { hasNotBlocked } from './has-not-blocked.ts';
import { isCurrent } from './membership-sql.ts';
import type { MessageToDecide, Range } from './messages-to-decide.ts';
import type { DecisionContext, PresenceOf, Recipient } from './recipients.ts';

/**
 * Stores the items of the activity of accounts, in the transaction that advances the decisions.
 */

/** The kinds of items that are stored. `here` is a mention of those who were online. */
export type StoredKind = 'mention' | 'here' | 'reply' | 'reaction' | 'added' | 'removed';

/** An item for an account; a later event of the same kind and message replaces it. */
interface NewItem {
  readonly account: AccountId;
  readonly kind: StoredKind;
  readonly conversation: ConversationId;
  readonly message: Seq;
  readonly seq: Seq;
}

/** An account whose activity has changed, and its new read version. */
export interface ActivityChange {
  readonly account: AccountId;
  readonly version: number;
}

/**
 * Returns the kind of item that a message is in the activity of a recipient; null: none. Mentions
 * by name are items regardless of settings, because the list interrupts no one. Replies are, unless
 * the thread or its conversation is muted or the recipient wants no replies there. Messages from
 * authors whom the recipient has blocked are not.
 */
export function activityOf(
  message: Pick<MessageToDecide, 'thread' | 'isDeleted'>,
  recipient: Pick<Recipient, 'isNamed' | 'isFollowing' | 'isMember' | 'isBlocked' | 'settings'>,
  now: number,
): 'mention' | 'reply' | null {
  if (message.isDeleted || !recipient.isMember || recipient.isBlocked) return null;
  if (recipient.isNamed) return 'mention';
  if (message.thread === null || recipient.isFollowing !== true) return null;
  return wantsReplies(recipient.settings, now) ? 'reply' : null;
}

function wantsReplies({ general, conversation, thread }: RecipientSettings, now: number): boolean {
  const muted = (override: NotificationOverride | null) => isMuted(override?.muted ?? null, now);
  if (muted(thread) || muted(conversation)) return false;
  return (thread?.level ?? conversation?.level ?? general.level) !== 'nothing';
}

/** Returns the items for the recipients of messages. */
export async function itemsOfMessages(
  client: pg.ClientBase,
  messages: readonly MessageToDecide[],
  recipients: readonly Recipient[],
  { presenceOf, now }: DecisionContext,
): Promise<NewItem[]> {
  const items = recipients.flatMap((recipient): NewItem[] => {
    const message = messages[recipient.n];
    const kind = message ? activityOf(message, recipient, now) : null;
    if (!message || kind === null) return [];
    const { conversation, seq, thread } = message;
    const of = kind === 'reply' ? (thread ?? seq) : seq;
    return [{ account: recipient.account, kind, conversation, message: of, seq }];
  });
  return [...items, ...(await mentionsOfHere(client, messages, presenceOf))];
}

/** Returns the items for members who are online when a message mentions `@here`. */
async function mentionsOfHere(
  client: pg.ClientBase,
  messages: readonly MessageToDecide[],
  presenceOf: PresenceOf,
): Promise<NewItem[]> {
  const here = messages.filter(
    ({ mentions, isDeleted }) => !isDeleted && mentions?.some(({ kind }) => kind === 'here'),
  );
  if (here.length === 0) return [];
  const { rows } = await client.query<Omit<NewItem, 'kind'>>({
    name: 'activity-here',
    text: `select m.account_id as account, m.conversation_id as conversation,
             h.seq as message, h.seq
           from unnest($1::uuid[], $2::int8[], $3::uuid[]) h (id, seq, author)
           join memberships m on m.conversation_id = h.id and m.left_seq is null
             and m.joined_seq <= h.seq and m.account_id <> h.author
           join accounts a on a.id = m.account_id and ${mayAct('a')}
           where not exists (select from mentions n
             where n.account_id = m.account_id and n.conversation_id = h.id
               and n.message_seq = h.seq)
             and ${hasNotBlocked('m.account_id', 'h.author')}`,
    values: [here.map((m) => m.conversation), here.map((m) => m.seq), here.map((m) => m.author)],
  });
  return rows.flatMap((row) =>
    presenceOf(row.account) === 'active' ? [{ ...row, kind: 'here' as const }] : [],
  );
}

/**
 * Returns the items for the other events in ranges: reactions to messages of others, messages
 * deleted by someone other than their author, and members added to a group by others. Actions of
 * blocked users are left out, except deletions as a moderator.
 */
export async function itemsOfEvents(
  client: pg.ClientBase,
  ranges: readonly Range[],
): Promise<NewItem[]> {
  const { rows } = await client.query<NewItem>({
    name: 'activity-events',
    // “offset 0” fixes the join order: first the events of each range by its bounds, then the
    // accounts they concern. Otherwise, with outdated statistics, PostgreSQL reads all events of
    // the conversation, or the range once per member.
    text: `select t.account, t.kind, t.conversation, t.message, t.seq
           from (
             select t.*, e.conversation, e.seq, e.actor_id
             from (
               select c.id as conversation, c.kind, c.is_everyone, e.*
               from (
                 select r.after, r.up_to, c.id, c.kind, c.is_everyone
                 from unnest($1::uuid[], $2::int8[], $3::int8[]) r (id, after, up_to)
                 join conversations c on c.id = r.id
                 offset 0) c
               cross join lateral (
                 select e.seq, e.type, e.actor_id, e.data from events e
                 where e.stream_id = c.id and e.seq > c.after and e.seq <= c.up_to
                   and e.type in ('reaction.added', 'message.deleted', 'member.joined')
                 offset 0) e
               offset 0) e
             cross join lateral (
               select g.author_id as account, 'reaction' as kind, g.seq as message
               from messages g
               where e.type = 'reaction.added' and g.conversation_id = e.conversation
                 and g.seq = (e.data ->> 'message')::int8 and g.deleted_at is null
               union all
               select (e.data ->> 'author')::uuid, 'removed', (e.data ->> 'message')::int8
               where e.type = 'message.deleted'
               union all
               select (e.data ->> 'account')::uuid, 'added', e.seq
               where e.type = 'member.joined' and e.kind = 'group' and not e.is_everyone
             ) t
             where e.actor_id <> t.account and e.actor_id <> $4
             offset 0) t
           cross join lateral (
             select from memberships m
             where m.account_id = t.account and m.conversation_id = t.conversation
               and ${isCurrent('m')}
             offset 0) m
           join accounts a on a.id = t.account and ${mayAct('a')}
           where t.kind = 'removed' or ${hasNotBlocked('t.account', 't.actor_id')}`,
    values: [
      ranges.map((r) => r.conversation),
      ranges.map((r) => r.after),
      ranges.map((r) => r.upTo),
      SYSTEM,
    ],
  });
  return rows;
}

/** Items of one transaction that are in memory at a time. */
const ITEMS_MAX = 20_000;

/**
 * Collects the items of one transaction and stores them at its end. It locks the accounts in the
 * order of their ids, before their items, as marking items as read does. Only a transaction with
 * very many items does that more than once; if two of those deadlock, PostgreSQL aborts one, which
 * is retried.
 */
export class ActivityBatch {
  readonly #client: pg.ClientBase;
  readonly #items = new Map<string, NewItem>();
  readonly #versions = new Map<AccountId, number>();

  constructor(client: pg.ClientBase) {
    this.#client = client;
  }

  /**
   * Adds items; among several of one kind for the same message, the one with the highest seq wins.
   */
  async add(items: readonly NewItem[]): Promise<void> {
    for (const item of items) {
      const key = `${item.account}${item.kind}${item.conversation}${item.message}`;
      if (item.seq > (this.#items.get(key)?.seq ?? -1)) this.#items.set(key, item);
    }
    if (this.#items.size > ITEMS_MAX) await this.#store();
  }

  /** Stores the remaining items. Returns the accounts whose activity has changed. */
  async end(): Promise<ActivityChange[]> {
    await this.#store();
    return [...this.#versions].map(([account, version]) => ({ account, version }));
  }

  async #store(): Promise<void> {
    const pending = [...this.#items.values()];
    this.#items.clear();
    if (pending.length === 0) return;
    const accounts = [...new Set(pending.map(({ account }) => account))];
    for (const { account, version } of await raiseVersions(this.#client, accounts)) {
      this.#versions.set(account, version);
    }
    const items = pending.filter(({ account }) => this.#versions.has(account));
    if (items.length === 0) return;
    await this.#client.query({
      name: 'activity-store',
      text: `insert into activity_items
               (account_id, kind, conversation_id, message_seq, seq, actor_id, at)
             select i.account, i.kind, i.conversation, i.message, i.seq, e.actor_id, e.at
             from unnest($1::uuid[], $2::text[], $3::uuid[], $4::int8[], $5::int8[])
               i (account, kind, conversation, message, seq)
             join events e on e.stream_id = i.conversation and e.seq = i.seq
             on conflict (account_id, kind, conversation_id, message_seq) do update
             set seq = excluded.seq, actor_id = excluded.actor_id, at = excluded.at, is_read = false
             where excluded.seq > activity_items.seq`,
      values: [
        items.map((i) => i.account),
        items.map((i) => i.kind),
        items.map((i) => i.conversation),
        items.map((i) => i.message),
        items.map((i) => i.seq),
      ],
    });
  }
}

/**
 * Raises the read versions of accounts, so that clients notice a missed change. Service accounts
 * have no activity and are left out.
 */
async function raiseVersions(
  client: pg.ClientBase,
  accounts: readonly AccountId[],
): Promise<ActivityChange[]> {
  const { rows } = await client.query<ActivityChange>({
    name: 'activity-versions',
    text: `with locked as materialized (
             select id from accounts where id = any($1) and kind = 'user' order by id for no key update
           )
           update accounts a set read_version = read_version + 1
           from locked where a.id = locked.id
           returning a.id as account, a.read_version as version`,
    values: [accounts],
  });
  return rows;
}
