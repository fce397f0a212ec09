import type { AccountId, Mention, Seq, StreamId } from '@parley/protocol';
import type { StoredEvent } from '../../stream/record.ts';
import type { StatementSink } from '../../stream/stream-transaction.ts';

/** The projections of mentions: whom the texts of messages mention. */

/** Removes the mentions of messages whose text was deleted or hidden. */
export function deleteMentions(
  tx: StatementSink,
  streams: readonly StreamId[],
  messages: readonly Seq[],
): void {
  tx.issue('mentions-deleted', MENTIONS_DELETED, [streams, messages]);
}

const MENTIONS_DELETED = `delete from mentions m
  using unnest($1::uuid[], $2::int8[]) as e (conversation_id, message)
  where m.conversation_id = e.conversation_id and m.message_seq = e.message`;

/** Returns mentions as a row of `messages` has them. */
export const mentionsJson = (mentions: readonly Mention[] | undefined): string | null =>
  mentions ? JSON.stringify(mentions) : null;

/** Inserts the accounts that texts mention by name or by a user group. Mentions of the author are left out. */
export function insertMentions(
  tx: StatementSink,
  texts: readonly {
    readonly event: StoredEvent;
    readonly message: Seq;
    readonly mentions: readonly Mention[] | undefined;
    readonly thread: Seq | undefined;
  }[],
): void {
  const rows = texts.flatMap(({ event, message, mentions, thread }) =>
    mentionedUsers(event.actor, mentions).map((account) => ({ event, message, account, thread })),
  );
  if (rows.length === 0) return;
  tx.issue(
    'mentions-added',
    `insert into mentions (conversation_id, message_seq, account_id, seq, thread)
     select * from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::int8[], $5::int8[])`,
    [
      rows.map((r) => r.event.stream),
      rows.map((r) => r.message),
      rows.map((r) => r.account),
      rows.map((r) => r.event.seq),
      rows.map((r) => r.thread ?? null),
    ],
  );
}

/** Returns the accounts that a text mentions by name or by a user group, without its author. */
function mentionedUsers(author: AccountId, mentions: readonly Mention[] = []): AccountId[] {
  const accounts = mentions.flatMap((m) => {
    if (m.kind === 'user') return [m.id];
    return m.kind === 'user_group' ? m.accounts : [];
  });
  // Two spellings of a name are one account, and an account may be in several user groups.
  const mentioned = new Set(accounts);
  mentioned.delete(author);
  return [...mentioned];
}

/**
 * Applies the mentions of a text that replaces another one. An account that was mentioned before
 * keeps its row: the event of its first mention is where it started to follow the thread. A root
 * with replies is in its own thread.
 */
export function changeMentions(
  tx: StatementSink,
  event: StoredEvent,
  text: {
    readonly message: Seq;
    readonly author: AccountId;
    readonly mentions: readonly Mention[] | undefined;
    thread?: Seq | undefined;
  },
): void {
  const { message, author, mentions, thread } = text;
  const accounts = mentionedUsers(author, mentions);
  if (accounts.length === 0) {
    deleteMentions(tx, [event.stream], [message]);
    return;
  }
  tx.issue(
    'mentions-edited',
    `with gone as (
       delete from mentions
       where conversation_id = $1 and message_seq = $2 and account_id <> all($3::uuid[])
     )
     insert into mentions (conversation_id, message_seq, account_id, seq, thread)
     select $1::uuid, $2::int8, a.id, $4::int8, coalesce($5::int8, case when exists (
         select from messages t where t.conversation_id = $1 and t.thread = $2) then $2::int8 end)
     from unnest($3::uuid[]) as a (id)
     on conflict (account_id, conversation_id, message_seq) do nothing`,
    [event.stream, message, accounts, event.seq, thread ?? null],
  );
}
