import type { ErrorCode } from '@parley/protocol';

/** What can be done to a conversation and its members. */
export type Action = 'join' | 'leave' | 'add' | 'remove' | 'rename' | 'delete';
/**
 * What sort of conversation it is. `everyone` is the group that every account is in: the owners
 * and admins of the server count as its owners.
 */
export type Sort = 'direct' | 'public' | 'private' | 'everyone';
/** What somebody is to a conversation. An outsider is not (or no more) a member. */
export type Standing = 'owner' | 'member' | 'outsider';

/** Allowed, or the code of the refusal. */
export type Verdict = 'yes' | ErrorCode;

const hidden: Record<Action, Verdict> = {
  join: 'conversation_not_found',
  leave: 'conversation_not_found',
  add: 'conversation_not_found',
  remove: 'conversation_not_found',
  rename: 'conversation_not_found',
  delete: 'conversation_not_found',
};

const direct: Record<Action, Verdict> = {
  join: 'not_a_group',
  leave: 'not_a_group',
  add: 'not_a_group',
  remove: 'not_a_group',
  rename: 'not_a_group',
  delete: 'not_a_group',
};

const everyone: Record<Action, Verdict> = {
  join: 'yes',
  leave: 'everyone_group',
  add: 'everyone_group',
  remove: 'everyone_group',
  rename: 'forbidden',
  delete: 'everyone_group',
};

const ownGroup: Record<Action, Verdict> = {
  join: 'yes',
  leave: 'yes',
  add: 'yes',
  remove: 'yes',
  rename: 'yes',
  delete: 'yes',
};

/**
 * Who may do what. Joining as a member, where it stands as `yes`, changes nothing. To outsiders a
 * conversation is answered as if it did not exist, but for the joining of public groups, which all
 * can see in the list.
 */
const POLICY: Record<Sort, Record<Standing, Record<Action, Verdict>>> = {
  direct: { owner: direct, member: direct, outsider: hidden },
  public: {
    owner: ownGroup,
    member: {
      join: 'yes',
      leave: 'yes',
      add: 'yes',
      remove: 'forbidden',
      rename: 'forbidden',
      delete: 'forbidden',
    },
    outsider: { ...hidden, join: 'yes' },
  },
  private: {
    owner: ownGroup,
    member: {
      join: 'yes',
      leave: 'yes',
      add: 'forbidden',
      remove: 'forbidden',
      rename: 'forbidden',
      delete: 'forbidden',
    },
    outsider: hidden,
  },
  everyone: {
    owner: { ...everyone, rename: 'yes' },
    member: everyone,
    outsider: { ...hidden, join: 'yes' },
  },
};

/** Whether somebody of this standing may do this to a conversation of this sort. */
export function may(standing: Standing, sort: Sort, action: Action): Verdict {
  return POLICY[sort][standing][action];
}
