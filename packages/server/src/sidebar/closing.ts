import {
  type AccountId,
  type ConversationId,
  type ConversationKind,
  LIMITS,
  PLACEMENTS_PER_EVENT,
  refusal,
  type Seq,
  type SidebarClosing,
  type StreamId,
  streamOfAccount,
} from '@parley/protocol';
import type { Requester } from '../http/requester.ts';
import { isInConversation } from '../messages/history/message-sql.ts';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  type Decision,
  newEvent,
  type Rule,
  type RuleContext,
} from '../stream/stream-transaction.ts';

/**
 * Commands that close direct conversations, and reopen them. What is stored is the last event that
 * the account had seen: whether the conversation is left out of the sidebar follows from it and the
 * last message. So a message that is posted at the same time needs no lock and is never hidden, and
 * later messages cost no write.
 */

interface CloseCommand extends Command {
  readonly conversation: ConversationId;
  readonly seq: Seq;
}

interface ReopenCommand extends Command {
  readonly conversation: ConversationId;
}

/** Estimated size of the row of an event. */
const EVENT_BYTES = 500;

/** Closes a direct conversation whose events up to `seq` the account has seen. */
export function closeConversation(
  append: Append,
  { actor, clientId }: Requester,
  conversation: ConversationId,
  seq: Seq,
): Promise<Outcome> {
  const command: CloseCommand = {
    rule: closeRule,
    actor,
    clientId,
    stream: streamOfAccount(actor),
    eventType: 'sidebar.closed',
    payload: ['close', conversation, seq],
    bytes: EVENT_BYTES,
    conversation,
    seq,
  };
  return append.run(command);
}

/** Shows a closed conversation in the sidebar again. */
export function reopenConversation(
  append: Append,
  { actor, clientId }: Requester,
  conversation: ConversationId,
): Promise<Outcome> {
  const command: ReopenCommand = {
    rule: reopenRule,
    actor,
    clientId,
    stream: streamOfAccount(actor),
    eventType: 'sidebar.closed',
    payload: ['reopen', conversation],
    bytes: EVENT_BYTES,
    conversation,
  };
  return append.run(command);
}

const closeRule: Rule<CloseCommand> = {
  name: 'sidebar.close',
  async decide(tx, { actor, stream, conversation, seq }) {
    const row = await readConversation(tx, actor, conversation);
    if (!row) return { refuse: refusal('conversation_not_found') };
    if (row.kind !== 'direct') return { refuse: refusal('not_direct') };
    // A seq beyond the end would hide messages that do not exist yet.
    const seen = seq < row.last_seq ? seq : row.last_seq;
    if (row.closed_seq !== null && row.closed_seq >= seen) return { unchanged: tx.head(stream) };
    const closed = [{ conversation, seq: seen }];
    if (row.closed_seq !== null || row.closed_count < LIMITS.closedConversations) {
      return eventOf(stream, { closed, reopened: [] });
    }
    const reopened = await readOutdated(tx, actor);
    return reopened.length === 0
      ? { refuse: refusal('too_many_closed') }
      : eventOf(stream, { closed, reopened });
  },
};

const reopenRule: Rule<ReopenCommand> = {
  name: 'sidebar.reopen',
  async decide(tx, { actor, stream, conversation }) {
    const [row] = await tx.query<{ is_closed: boolean }>(
      'sidebar-is-closed',
      `select exists (select from sidebar_closed
                      where account_id = $1 and conversation_id = $2) as is_closed`,
      [actor, conversation],
    );
    return row?.is_closed
      ? eventOf(stream, { closed: [], reopened: [conversation] })
      : { unchanged: tx.head(stream) };
  },
};

const eventOf = (stream: StreamId, data: SidebarClosing): Decision => ({
  events: [newEvent(stream, 'sidebar.closed', data)],
});

/** A conversation that a member closes. */
interface ConversationRow {
  readonly kind: ConversationKind;
  readonly last_seq: Seq;
  /** Null: it is not closed. */
  readonly closed_seq: Seq | null;
  /** How many conversations the account has closed. */
  readonly closed_count: number;
}

async function readConversation(
  tx: RuleContext,
  account: AccountId,
  conversation: ConversationId,
): Promise<ConversationRow | undefined> {
  const [row] = await tx.query<ConversationRow>(
    'sidebar-to-close',
    `select c.kind, s.last_seq, z.closed_seq,
       (select count(*)::int from sidebar_closed where account_id = $1) as closed_count
     from memberships m
     join conversations c on c.id = m.conversation_id
     join streams s on s.id = m.conversation_id
     left join sidebar_closed z
       on z.account_id = m.account_id and z.conversation_id = m.conversation_id
     where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    [account, conversation],
  );
  return row;
}

/** Returns some closed conversations that later messages have brought back. */
async function readOutdated(tx: RuleContext, account: AccountId): Promise<ConversationId[]> {
  const rows = await tx.query<{ conversation: ConversationId }>(
    'sidebar-closed-outdated',
    `select z.conversation_id as conversation from sidebar_closed z
     where z.account_id = $1
       and exists (select from messages g
                   where g.conversation_id = z.conversation_id and g.seq > z.closed_seq
                     and g.deleted_at is null and ${isInConversation()})
     order by z.conversation_id
     limit ${PLACEMENTS_PER_EVENT}`,
    [account],
  );
  return rows.map((row) => row.conversation);
}
