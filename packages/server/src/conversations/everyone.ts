import {
  type AccountId,
  type ClientId,
  type ConversationId,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type { Append } from '../stream/append.ts';
import { type Command, type NewEvent, newEvent, type Rule } from '../stream/stream-transaction.ts';

/** The group that every account is in, from the first start on. The same id on every server. */
export const EVERYONE = '00000000-0000-7000-8000-000000000002' as ConversationId;
/** Its stream: registration locks it (`alsoLocks`). */
export const EVERYONE_STREAM = streamOfConversation(EVERYONE);
/** The actor of what nobody did. Not an account: nobody can log in as it or write to it. */
export const SYSTEM = '00000000-0000-7000-8000-000000000003' as AccountId;
const BOOTSTRAP_ID = '00000000-0000-7000-8000-000000000004' as ClientId;

/**
 * The events by which a new account enters the group of everyone. They belong into the command
 * that registers it, after its `user.registered` (whose projection makes the account), with
 * EVERYONE_STREAM locked and the account’s personal stream created.
 */
export function everyoneEvents(account: AccountId): readonly [NewEvent, NewEvent] {
  return [
    newEvent(EVERYONE_STREAM, 'member.joined', { account, role: 'member' }),
    joinedPersonally(EVERYONE, account),
  ];
}

/** Tells the account’s own stream of the `member.joined` that the same command makes before. */
export function joinedPersonally(conversation: ConversationId, account: AccountId): NewEvent {
  return newEvent(streamOfAccount(account), 'conversation.joined', (made) => {
    const needle = JSON.stringify(account);
    const joined = made.find(
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
 * Makes the group of everyone if it is not there. Called at each start, by any number of nodes at
 * once: they send the same command, which is carried out once for ever.
 *
 * @throws when the database refuses
 */
export async function bootstrapEveryone(append: Append): Promise<void> {
  const command: Command = {
    rule: bootstrapRule,
    actor: SYSTEM,
    clientId: BOOTSTRAP_ID,
    stream: EVERYONE_STREAM,
    // The group’s own stream is not there to be locked yet: this lock keeps two nodes apart.
    alsoLocks: [WORKSPACE_STREAM],
    makes: 'conversation.created',
    payload: [],
    bytes: 500,
  };
  const outcome = await append.run(command);
  if (outcome.kind === 'stored') return;
  const why = outcome.kind === 'refused' ? outcome.refusal.message : 'the outcome is unknown';
  throw new Error(`The group of everyone could not be made: ${why}`);
}

const bootstrapRule: Rule = {
  name: 'conversations.bootstrap',
  bulk: false,
  async decide(tx) {
    await tx.createStream(EVERYONE_STREAM, 'conversation');
    const name = 'everyone';
    return [
      {
        events: [
          newEvent(EVERYONE_STREAM, 'conversation.created', {
            kind: 'group',
            visibility: 'public',
            name,
          }),
          newEvent(WORKSPACE_STREAM, 'group.created', { conversation: EVERYONE, name }),
        ],
      },
    ];
  },
};
