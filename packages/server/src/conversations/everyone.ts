import {
  type AccountId,
  type ClientId,
  type ConversationId,
  SYSTEM,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type { Append } from '../stream/append.ts';
import { type Command, type NewEvent, newEvent, type Rule } from '../stream/stream-transaction.ts';

/** The group of all accounts. It has the same id on every server. */
export const EVERYONE = '00000000-0000-7000-8000-000000000002' as ConversationId;
/** The stream of that group, which registration locks (`alsoLocks`). */
export const EVERYONE_STREAM = streamOfConversation(EVERYONE);
const BOOTSTRAP_ID = '00000000-0000-7000-8000-000000000004' as ClientId;

/**
 * Returns the events with which a new account joins the default group. The command that
 * registers the account stores them after `user.registered`, whose projection inserts the account,
 * with EVERYONE_STREAM locked and the personal stream among its new ones.
 */
export function everyoneEvents(account: AccountId): readonly [NewEvent, NewEvent] {
  return [
    newEvent(EVERYONE_STREAM, 'member.joined', { account, role: 'member' }),
    joinedPersonally(EVERYONE, account),
  ];
}

/** Returns the personal-stream event that refers to the `member.joined` of the same command. */
export function joinedPersonally(conversation: ConversationId, account: AccountId): NewEvent {
  return newEvent(streamOfAccount(account), 'conversation.joined', (preceding) => {
    const needle = JSON.stringify(account);
    const joined = preceding.find(
      (e) =>
        e.type === 'member.joined' &&
        e.stream === streamOfConversation(conversation) &&
        e.data.includes(needle),
    );
    if (!joined) throw new Error('conversation.joined without its member.joined');
    return { conversation, seq: joined.seq };
  });
}

/**
 * Creates the default group unless it exists. Every node calls it at start with the same
 * command, which is stored once.
 *
 * @throws when the command is refused or its outcome is unknown
 */
export async function bootstrapEveryone(append: Append): Promise<void> {
  const command: Command = {
    rule: bootstrapRule,
    actor: SYSTEM,
    clientId: BOOTSTRAP_ID,
    stream: EVERYONE_STREAM,
    // The group’s own stream does not exist yet, so this lock serializes nodes.
    alsoLocks: [WORKSPACE_STREAM],
    eventType: 'conversation.created',
    payload: [],
    bytes: 500,
  };
  const outcome = await append.run(command);
  if (outcome.kind === 'stored') return;
  const why = outcome.kind === 'refused' ? outcome.refusal.message : 'the outcome is unknown';
  throw new Error(`The default group could not be created: ${why}`);
}

const bootstrapRule: Rule = {
  name: 'conversations.bootstrap',
  async decide() {
    const name = 'everyone';
    return {
      newStreams: [{ id: EVERYONE_STREAM, kind: 'conversation' }],
      events: [
        newEvent(EVERYONE_STREAM, 'conversation.created', {
          kind: 'group',
          visibility: 'public',
          name,
        }),
        newEvent(WORKSPACE_STREAM, 'group.created', { conversation: EVERYONE, name }),
      ],
    };
  },
};
