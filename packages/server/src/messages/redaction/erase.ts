import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type FileId,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Append, Outcome } from '../../stream/append.ts';
import {
  type Command,
  type NewEvent,
  newEvent,
  type Rule,
  type RuleContext,
  type Statement,
} from '../../stream/stream-transaction.ts';
import { filesDetached } from '../content/attachments.ts';
import { FILES_OF_MESSAGE } from '../content/link-previews.ts';
import { placeOf, summariesWithout } from '../threads/thread-roots.ts';
import { REPORTED_TEXTS_CLEARED } from './reported-texts.ts';

/** Messages deleted per transaction, so that other commands of the stream do not wait long. */
const BATCH = 100;

interface EraseCommand extends Command {
  readonly conversation: ConversationId;
  readonly messages: readonly Seq[];
}

/**
 * Deletes the next batch of an author’s messages after a seq, for the erasure of an account. The
 * author need not be a member. Returns null when there are none left, else the last seq of the batch.
 */
export async function eraseMessages(
  deps: { readonly pool: pg.Pool; readonly append: Append },
  author: AccountId,
  conversation: ConversationId,
  after: Seq,
): Promise<{ upTo: Seq; outcome: Outcome } | null> {
  const { rows } = await deps.pool.query<{ seq: Seq }>({
    name: 'messages-to-erase',
    text: `select seq from messages
           where conversation_id = $1 and author_id = $2 and seq > $3 and deleted_at is null
           order by seq limit $4`,
    values: [conversation, author, after, BATCH],
  });
  const last = rows[rows.length - 1];
  if (!last) return null;
  const command: EraseCommand = {
    rule: eraseRule,
    actor: author,
    clientId: uuidv7() as ClientId,
    stream: streamOfConversation(conversation),
    eventType: 'message.deleted',
    payload: rows.map((row) => row.seq),
    bytes: 200 * rows.length,
    conversation,
    messages: rows.map((row) => row.seq),
  };
  return { upTo: last.seq, outcome: await deps.append.run(command) };
}

/**
 * Checks no policy: `deleteAccount` authorized the erasure, and messages of former members are
 * deleted too.
 */
const eraseRule: Rule<EraseCommand> = {
  name: 'messages.erase',
  async decide(tx, command) {
    const { actor, conversation, messages } = command;
    const { events, writes } = await deletionsOf(tx, conversation, actor, messages);
    const [first, ...more] = events;
    const reports = reportsCleared(conversation, messages);
    return first
      ? { events: [first, ...more], writes: [...writes, reports] }
      : { unchanged: (messages[0] ?? 0) as Seq };
  },
};

/** Returns the statements that remove the texts of erased messages from their reports. */
const reportsCleared = (conversation: ConversationId, messages: readonly Seq[]): Statement => ({
  name: 'messages-erase-reported',
  text: `update reports set ${REPORTED_TEXTS_CLEARED}
         where conversation_id = $1 and message_seq = any($2::int8[]) and resolved_at is null`,
  values: [conversation, messages],
});

/**
 * Returns the events that delete those messages of an author, or of anyone if it is null, that are
 * not deleted yet.
 */
export async function deletionsOf(
  tx: RuleContext,
  conversation: ConversationId,
  author: AccountId | null,
  messages: readonly Seq[],
): Promise<{ events: NewEvent[]; writes: Statement[] }> {
  // Read under the stream’s lock: another node may have deleted some of them.
  const rows = await tx.query<{
    seq: Seq;
    author_id: AccountId;
    thread: Seq | null;
    also_in_conversation: boolean;
    files: FileId[] | null;
  }>(
    'messages-still-to-erase',
    `select seq, author_id, thread, also_in_conversation,
         ${FILES_OF_MESSAGE} as files
       from messages g
       where conversation_id = $1 and ($2::uuid is null or author_id = $2)
         and seq = any($3::int8[]) and deleted_at is null
       order by seq`,
    [conversation, author, messages],
  );
  const deletions = rows.map(({ seq: message, author_id, thread, also_in_conversation }) => ({
    message,
    author: author_id,
    ...placeOf(thread === null ? undefined : { thread, alsoInConversation: also_in_conversation }),
  }));
  const seqs = rows.map(({ seq }) => seq);
  const summaries = await summariesWithout(tx, conversation, seqs, deletions);
  const events = deletions.map((data, n) =>
    newEvent(
      streamOfConversation(conversation),
      'message.deleted',
      data.thread === undefined ? data : { ...data, threadSummary: summaries[n] ?? null },
    ),
  );
  const files = rows.flatMap((row) => row.files ?? []);
  return { events, writes: files.length > 0 ? [filesDetached(files, tx.at)] : [] };
}
