import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { type Append, assertStored } from '../../stream/append.ts';
import type { Command, Rule } from '../../stream/stream-transaction.ts';
import { deletionsOf } from './erase.ts';

/** Messages deleted per transaction, so that other commands of the stream do not wait long. */
const BATCH = 100;
/** Seqs that one statement scans: an author may have few messages in a long conversation. */
const WINDOW = 20_000;

/** A deletion of the messages of one account that an admin requested. */
export interface BulkDeletionJob {
  readonly id: string;
  readonly author: AccountId;
  /** Messages that were posted before it are kept. */
  readonly since: Date | null;
  /** The admin who requested the deletion. */
  readonly requestedBy: AccountId;
}

/** A position in a conversation: events after it, up to the head, are still to be scanned. */
export interface ConversationPlace {
  readonly conversation: ConversationId;
  readonly after: Seq;
  readonly head: Seq;
}

interface BulkDeleteCommand extends Command {
  readonly job: BulkDeletionJob;
  readonly conversation: ConversationId;
  readonly messages: readonly Seq[];
}

/**
 * Deletes the next batch of an author’s messages in a conversation, as a moderator does it. The
 * author may have left. Returns the seq up to which the conversation was scanned.
 */
export async function deleteNextMessages(
  { pool, append }: { readonly pool: pg.Pool; readonly append: Append },
  job: BulkDeletionJob,
  { conversation, after, head }: ConversationPlace,
): Promise<Seq> {
  const end = Math.min(head, after + WINDOW) as Seq;
  const { rows } = await pool.query<{ seq: Seq }>({
    name: 'messages-to-bulk-delete',
    text: `select seq from messages
           where conversation_id = $1 and author_id = $2 and seq > $3 and seq <= $4
             and deleted_at is null and ($5::timestamptz is null or posted_at >= $5)
           order by seq limit $6`,
    values: [conversation, job.author, after, end, job.since, BATCH],
  });
  const last = rows[rows.length - 1];
  if (!last) return end;
  const messages = rows.map(({ seq }) => seq);
  const command: BulkDeleteCommand = {
    rule: bulkDeleteRule,
    actor: job.requestedBy,
    clientId: uuidv7() as ClientId,
    stream: streamOfConversation(conversation),
    eventType: 'message.deleted',
    payload: messages,
    bytes: 200 * messages.length,
    job,
    conversation,
    messages,
  };
  assertStored(await append.run(command), 'A batch of a bulk deletion failed');
  return messages.length === BATCH ? last.seq : end;
}

/**
 * Checks no policy: the request was authorized, and the admin need not be a member. Open reports
 * keep their texts, as after every deletion by a moderator.
 */
const bulkDeleteRule: Rule<BulkDeleteCommand> = {
  name: 'messages.bulk_delete',
  async decide(tx, { job, conversation, messages }) {
    const [running] = await tx.query(
      'messages-bulk-deletion-running',
      'select from bulk_deletions where id = $1 and done_at is null for no key update',
      [job.id],
    );
    // Canceled meanwhile.
    if (!running) return { unchanged: (messages[0] ?? 0) as Seq };
    const { events, writes } = await deletionsOf(tx, conversation, job.author, messages);
    const [first, ...more] = events;
    if (!first) return { unchanged: (messages[0] ?? 0) as Seq };
    const counted = {
      name: 'messages-bulk-deleted',
      text: 'update bulk_deletions set deleted = deleted + $2 where id = $1',
      values: [job.id, events.length],
    };
    return { events: [first, ...more], writes: [...writes, counted] };
  },
};
