import {
  type AccountId,
  type ClientId,
  type ConversationId,
  refusal,
  type Seq,
  type StreamId,
  streamOfAccount,
  streamOfConversation,
  type Visibility,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { Append, Outcome } from '../stream/append.ts';
import { type Command, newEvent, type Rule } from '../stream/stream-transaction.ts';
import { joining } from './members.ts';
import { type ConversationRequest, existing, ruleFor, runOn } from './standing.ts';

/** How conversations begin, change their name and end. Members come and go in members.ts. */

interface CreateGroupCommand extends Command {
  readonly conversation: ConversationId;
  readonly name: string;
  readonly visibility: Visibility;
  /** The creator first. */
  readonly members: readonly AccountId[];
}

interface OpenDirectCommand extends Command {
  readonly conversation: ConversationId;
  readonly users: readonly [AccountId, AccountId];
}

/**
 * Makes a group with its creator as owner. `stored.stream` is the stream of the new group; the same
 * client id again finds the group it made first.
 */
export function createGroup(
  append: Append,
  r: { actor: AccountId; clientId: ClientId },
  group: { name: string; visibility: Visibility; members: readonly AccountId[] },
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
    makes: 'conversation.created',
    createsStream: true,
    payload: ['group', group.name, group.visibility, ...[...members].sort()],
    bytes: 500 * (1 + members.length),
    conversation,
    name: group.name,
    visibility: group.visibility,
    members,
  };
  return append.run(command);
}

/**
 * Finds or makes the conversation of two people; with oneself, for notes. Both personal streams are
 * locked, so two who open it at the same moment get the same one. `stored.stream` is its stream.
 */
export function openDirect(
  append: Append,
  r: { actor: AccountId; clientId: ClientId },
  other: AccountId,
): Promise<Outcome> {
  const conversation = uuidv7() as ConversationId;
  const users: [AccountId, AccountId] = r.actor < other ? [r.actor, other] : [other, r.actor];
  const command: OpenDirectCommand = {
    rule: openDirectRule,
    actor: r.actor,
    clientId: r.clientId,
    stream: streamOfConversation(conversation),
    alsoLocks: users.map(streamOfAccount),
    makes: 'conversation.created',
    createsStream: true,
    payload: ['direct', ...users],
    bytes: 1500,
    conversation,
    users,
  };
  return append.run(command);
}

/** Gives a group another name. */
export const renameGroup = (
  append: Append,
  r: ConversationRequest,
  name: string,
): Promise<Outcome> =>
  runOn(append, r, {
    rule: renameRule,
    makes: 'conversation.updated',
    name,
    alsoLocks: [WORKSPACE_STREAM],
  });

/** Ends a group for all its members. Nobody can see it any more. */
export const deleteGroup = (append: Append, r: ConversationRequest): Promise<Outcome> =>
  runOn(append, r, {
    rule: deleteRule,
    makes: 'conversation.deleted',
    alsoLocks: [WORKSPACE_STREAM],
  });

const createGroupRule: Rule<CreateGroupCommand> = {
  name: 'conversations.create',
  bulk: false,
  async decide(tx, [command]) {
    if (!command) return [];
    const { conversation, stream, name, visibility, members, actor } = command;
    const found = await existing(tx, members);
    const missing = members.filter((id) => !found.has(id));
    if (missing.length > 0) {
      const message = `There is no person ${missing.slice(0, 3).join(', ')}`;
      return [{ refuse: refusal('account_not_found', message) }];
    }
    await tx.createStream(stream, 'conversation');
    const isPublic = visibility === 'public';
    return [
      {
        events: [
          newEvent(stream, 'conversation.created', { kind: 'group', visibility, name }),
          ...members.flatMap((m) => joining(conversation, m, m === actor ? 'owner' : 'member')),
          ...(isPublic
            ? [newEvent(WORKSPACE_STREAM, 'group.created', { conversation, name })]
            : []),
        ],
      },
    ];
  },
};

const openDirectRule: Rule<OpenDirectCommand> = {
  name: 'conversations.direct',
  bulk: false,
  async decide(tx, [command]) {
    if (!command) return [];
    const { conversation, stream, users } = command;
    const [row] = await tx.query<{ id: string }>(
      'conversations-direct',
      'select id from conversations where direct_key = $1',
      [directKey(users)],
    );
    // Its first event made it what it is.
    if (row) return [{ unchanged: 1 as Seq, stream: row.id as StreamId }];
    const found = await existing(tx, users);
    if (!users.every((id) => found.has(id))) return [{ refuse: refusal('account_not_found') }];
    await tx.createStream(stream, 'conversation');
    const created = newEvent(stream, 'conversation.created', {
      kind: 'direct',
      visibility: 'private',
      name: null,
      users: [...users],
    });
    const members = [...new Set(users)];
    return [{ events: [created, ...members.flatMap((m) => joining(conversation, m, 'member'))] }];
  },
};

const renameRule = ruleFor('rename', async (tx, command, place) => {
  const { stream, conversation, name } = command;
  if (place.name === name) {
    const [last] = await tx.query<{ last_seq: number }>(
      'conversations-head',
      'select last_seq from streams where id = $1',
      [stream],
    );
    return { unchanged: (last?.last_seq ?? 0) as Seq };
  }
  const listed = place.isPublic
    ? [newEvent(WORKSPACE_STREAM, 'group.updated', { conversation, name })]
    : [];
  return { events: [newEvent(stream, 'conversation.updated', { name }), ...listed] };
});

const deleteRule = ruleFor('delete', async (_unit, command, place) => {
  const { stream, conversation } = command;
  const listed = place.isPublic
    ? [newEvent(WORKSPACE_STREAM, 'group.deleted', { conversation })]
    : [];
  return { events: [newEvent(stream, 'conversation.deleted', {}), ...listed] };
});

/** How a direct conversation is found: the ids of its two people, in order. */
export function directKey(users: readonly [AccountId, AccountId]): string {
  return users.join(' ');
}
