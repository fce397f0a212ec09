import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Append, Outcome } from '../stream/append.ts';
import { type Command, newEvent, type Rule } from '../stream/stream-transaction.ts';
import { redact } from './redact.ts';

/** Messages that go in one transaction: others’ commands of the stream are not kept waiting. */
const BATCH = 100;

interface EraseCommand extends Command {
  readonly conversation: ConversationId;
  readonly messages: readonly Seq[];
}

/**
 * Deletes the next messages of an author in a conversation, after a seq, whether the author still
 * is a member or not. Null when there are no more; else up to where it has come.
 */
export async function eraseMessages(
  context: { readonly pool: pg.Pool; readonly append: Append },
  author: AccountId,
  conversation: ConversationId,
  after: Seq,
): Promise<{ upTo: Seq; outcome: Outcome } | null> {
  const { rows } = await context.pool.query<{ seq: Seq }>({
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
    makes: 'message.deleted',
    payload: rows.map((row) => row.seq),
    bytes: 200 * rows.length,
    conversation,
    messages: rows.map((row) => row.seq),
  };
  return { upTo: last.seq, outcome: await context.append.run(command) };
}

const eraseRule: Rule<EraseCommand> = {
  name: 'messages.erase',
  bulk: false,
  async decide(tx, [command]) {
    if (!command) return [];
    const { actor, conversation, messages, stream } = command;
    // Looked at under the stream’s lock: another node may have been at the same.
    const rows = await tx.query<{ seq: Seq }>(
      'messages-still-to-erase',
      `select seq from messages
       where conversation_id = $1 and author_id = $2 and seq = any($3::int8[])
         and deleted_at is null
       order by seq`,
      [conversation, actor, messages],
    );
    const [first, ...more] = rows.map(({ seq: message }) =>
      newEvent(stream, 'message.deleted', { message, author: actor }),
    );
    await redact(
      tx,
      stream,
      rows.map((row) => row.seq),
    );
    return [first ? { events: [first, ...more] } : { unchanged: (messages[0] ?? 0) as Seq }];
  },
};
