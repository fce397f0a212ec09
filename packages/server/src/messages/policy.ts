import { type Conversation, MessagePermission } from '@parley/protocol';
import type { PolicyVerdict } from '../policy-verdict.ts';

/** An action on messages. `react` and `pin` also cover the removal of a reaction and of a pin. */
export type MessageAction = 'post' | MessagePermission;
/** The role of the account that acts: `author` is a member and wrote the message in question. */
export type MessageRole = 'author' | 'member' | 'non_member';

/**
 * Who may do what. Requests of non-members are answered as if the conversation did not exist, even if
 * the message is the account’s own.
 */
const POLICY: Readonly<Record<MessageRole, Readonly<Record<MessageAction, PolicyVerdict>>>> = {
  author: { post: 'yes', edit: 'yes', delete: 'yes', react: 'yes', pin: 'yes' },
  member: { post: 'yes', edit: 'forbidden', delete: 'forbidden', react: 'yes', pin: 'yes' },
  non_member: {
    post: 'conversation_not_found',
    edit: 'conversation_not_found',
    delete: 'conversation_not_found',
    react: 'conversation_not_found',
    pin: 'conversation_not_found',
  },
};

/** Returns whether an account of this role may perform the action on a message. */
export function authorize(role: MessageRole, action: MessageAction): PolicyVerdict {
  return POLICY[role][action];
}

/** Returns the actions that a client offers a member, on its own messages and on those of others. */
export function messagePermissions(): Conversation['messagePermissions'] {
  return { own: permissionsOf('author'), others: permissionsOf('member') };
}

const permissionsOf = (role: MessageRole): MessagePermission[] =>
  MessagePermission.options.filter((action) => POLICY[role][action] === 'yes');
