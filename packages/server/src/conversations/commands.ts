import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type Refusal,
  refusal,
  type Seq,
  type StreamId,
  streamOfAccount,
  streamOfConversation,
  type Visibility,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { REPORTED_TEXTS_CLEARED } from '../messages/redaction/reported-texts.ts';
import { mayFind } from '../permissions/guests.ts';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  newEvent,
  type Rule,
  type RuleContext,
  type Statement,
} from '../stream/stream-transaction.ts';
import {
  activeAccounts,
  type ConversationRequest,
  conversationRule,
  runCommand,
} from './conversation-rule.ts';
import { joinEvents } from './members.ts';
import { isListed } from './settings.ts';

/** Commands that create and delete conversations. settings.ts has those that change groups, members.ts those on members. */

interface CreateGroupCommand extends Command {
  readonly conversation: ConversationId;
  readonly name: string;
  readonly visibility: Visibility;
  /** The creator first. */
  readonly members: readonly AccountId[];
  readonly check: ((tx: RuleContext) => Promise<Refusal | null>) | undefined;
}

interface OpenDirectCommand extends Command {
  readonly conversation: ConversationId;
  readonly users: readonly AccountId[];
}

/**
 * Creates a group with its creator as owner. `stored.stream` is the stream of the new group; a
 * retry with the same client id returns the same group. `check` verifies further conditions.
 */
export function createGroup(
  append: Append,
  r: { actor: AccountId; clientId: ClientId },
  group: { name: string; visibility: Visibility; members: readonly AccountId[] },
  check?: (tx: RuleContext) => Promise<Refusal | null>,
): Promise<Outcome> {
  const conversation = uuidv7() as ConversationId;
  const members = [...new Set([r.actor, ...group.members])];
  const command: CreateGroupCommand = {
    rule: createGroupRule,
    actor: r.actor,
    clientId: r.clientId,
    stream: streamOfConversation(conversation),
    alsoLocks: [
      ...members.map(streamOfAccount),
      ...(group.visibility === 'public' ? [WORKSPACE_STREAM] : []),
    ],
    eventType: 'conversation.created',
    createsStream: true,
    payload: ['group', group.name, group.visibility, ...[...members].sort()],
    bytes: 500 * (1 + members.length),
    conversation,
    name: group.name,
    visibility: group.visibility,
    members,
    check,
  };
  return append.run(command);
}

/**
 * Finds or creates the direct conversation of an account with others, or with itself, for notes. All
 * personal streams are locked, so concurrent calls return the same one. `stored.stream` is its stream.
 */
export function openDirect(
  append: Append,
  r: { actor: AccountId; clientId: ClientId },
  others: readonly AccountId[],
): Promise<Outcome> {
  const conversation = uuidv7() as ConversationId;
  const all = [...new Set([r.actor, ...others])].sort();
  const users = all.length === 1 ? [r.actor, r.actor] : all;
  const command: OpenDirectCommand = {
    rule: openDirectRule,
    actor: r.actor,
    clientId: r.clientId,
    stream: streamOfConversation(conversation),
    alsoLocks: users.map(streamOfAccount),
    eventType: 'conversation.created',
    createsStream: true,
    payload: ['direct', ...users],
    bytes: 500 * (1 + users.length),
    conversation,
    users,
  };
  return append.run(command);
}

/** Deletes a group for all its members. */
export const deleteGroup = (append: Append, r: ConversationRequest): Promise<Outcome> =>
  runCommand(append, r, {
    rule: deleteRule,
    eventType: 'conversation.deleted',
    alsoLocks: [WORKSPACE_STREAM],
  });

const createGroupRule: Rule<CreateGroupCommand> = {
  name: 'conversations.create',
  async decide(tx, command) {
    const { conversation, stream, name, visibility, members, actor } = command;
    const denied = await command.check?.(tx);
    if (denied) return { refuse: denied };
    const active = await activeAccounts(tx, actor, members);
    if (!active.has(actor)) return { refuse: refusal('forbidden') };
    const missing = members.filter((id) => !active.has(id));
    if (missing.length > 0) {
      const message = `No such user: ${missing.slice(0, 3).join(', ')}`;
      return { refuse: refusal('account_not_found', message) };
    }
    const isPublic = visibility === 'public';
    return {
      newStreams: [{ id: stream, kind: 'conversation' }],
      events: [
        newEvent(stream, 'conversation.created', { kind: 'group', visibility, name }),
        ...members.flatMap((m) => joinEvents(conversation, m, m === actor ? 'owner' : 'member')),
        ...(isPublic ? [newEvent(WORKSPACE_STREAM, 'group.created', { conversation, name })] : []),
      ],
    };
  },
};

const openDirectRule: Rule<OpenDirectCommand> = {
  name: 'conversations.direct',
  async decide(tx, command) {
    const { conversation, stream, users, actor } = command;
    const [row] = await tx.query<{ id: StreamId | null; is_blocked: boolean; is_hidden: boolean }>(
      'conversations-direct',
      `select (select id from conversations where direct_key = $1) as id,
              exists (select from blocks
                      where account_id = any($2::uuid[]) and blocked_id = $3) as is_blocked,
              exists (select from unnest($2::uuid[]) as u (id)
                      where not ${mayFind('$3', 'u.id')}) as is_hidden`,
      [directKey(users), users, actor],
    );
    // Event 1 is its `conversation.created`. An existing conversation can be read, even by a
    // blocked user.
    if (row?.id) return { unchanged: 1 as Seq, stream: row.id };
    if (row?.is_hidden) return { refuse: refusal('account_not_found') };
    if (row?.is_blocked) return { refuse: refusal('blocked') };
    const active = await activeAccounts(tx, actor, users);
    if (!active.has(actor)) return { refuse: refusal('forbidden') };
    if (!users.every((id) => active.has(id))) return { refuse: refusal('account_not_found') };
    const created = newEvent(stream, 'conversation.created', {
      kind: 'direct',
      visibility: 'private',
      name: null,
      users: [...users],
    });
    const members = [...new Set(users)];
    const joined = members.flatMap((m) => joinEvents(conversation, m, 'member'));
    return { newStreams: [{ id: stream, kind: 'conversation' }], events: [created, ...joined] };
  },
};

const deleteRule = conversationRule('delete', async (tx, command, state) => {
  const { stream, conversation } = command;
  const listed = isListed(state)
    ? [newEvent(WORKSPACE_STREAM, 'group.deleted', { conversation })]
    : [];
  return {
    events: [newEvent(stream, 'conversation.deleted', {}), ...listed],
    writes: [reportsClosed(conversation, tx.at)],
  };
});

/** Returns the statement that closes the open reports of the messages of a deleted group. */
const reportsClosed = (conversation: ConversationId, at: string): Statement => ({
  name: 'conversations-reports-closed',
  text: `update reports
         set resolved_at = $2, resolution = 'group_deleted', comment = '',
             ${REPORTED_TEXTS_CLEARED}
         where conversation_id = $1 and resolved_at is null`,
  values: [conversation, at],
});

/** Returns the unique key of a direct conversation: the ids of its users, in order. */
export function directKey(users: readonly AccountId[]): string {
  return users.join(' ');
}
