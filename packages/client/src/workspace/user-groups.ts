import type { AccountId, EventOf, UserGroup, UserGroupId } from '@parley/protocol';
import type { ParleyApi } from '../api/api.ts';
import { WorkspaceItems } from './workspace-items.ts';

/** An event that changes user groups: also the deletion of an account. */
export type UserGroupEvent = EventOf<'user_group.changed' | 'user_group.deleted' | 'user.deleted'>;

/** Holds the user groups of the server. */
export class UserGroups extends WorkspaceItems<UserGroup, UserGroupEvent> {
  constructor(api: ParleyApi, changed: (groups: ReadonlyMap<UserGroupId, UserGroup>) => void) {
    super({
      list: () => api.userGroups.list(),
      apply,
      changed: (groups) => changed(groups as ReadonlyMap<UserGroupId, UserGroup>),
    });
  }
}

function apply(groups: Map<string, UserGroup>, { type, data, seq }: UserGroupEvent): boolean {
  if (type === 'user_group.changed') {
    const { userGroup: id, name, title, members } = data;
    groups.set(id, { id, name, title, members, changedSeq: seq });
    return true;
  }
  if (type === 'user_group.deleted') return groups.delete(data.userGroup);
  const ofAccount = [...groups.values()].filter(({ members }) => members.includes(data.account));
  for (const group of ofAccount) groups.set(group.id, without(group, data.account, seq));
  return ofAccount.length > 0;
}

const without = (
  group: UserGroup,
  account: AccountId,
  seq: UserGroup['changedSeq'],
): UserGroup => ({
  ...group,
  members: group.members.filter((member) => member !== account),
  changedSeq: seq,
});
