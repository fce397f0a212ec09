import type { UserGroupId } from '@parley/protocol';
import { useMemo } from 'react';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { useNames } from '../users/use-names.ts';
import { UserName } from '../users/user-name.tsx';
import { useUserGroups } from './use-user-groups.ts';

/** The dialog with the members of a user group. */
export function UserGroupDialog({ id, onClose }: { id: UserGroupId; onClose: () => void }) {
  const group = useUserGroups().get(id);
  const members = useMemo(() => group?.members ?? [], [group]);
  const nameOf = useNames(members);
  return (
    <Dialog
      open
      onClose={onClose}
      title={group?.title ?? t('userGroups.deletedTitle')}
      description={group ? `@${group.name}` : t('userGroups.deletedText')}
    >
      {group && members.length === 0 && (
        <p className="py-2 text-muted text-sm">{t('userGroups.noMembers')}</p>
      )}
      <ul>
        {members.map((member) => (
          <li key={member} className="flex min-h-11 items-center gap-3">
            <Avatar id={member} name={nameOf(member)} size={30} />
            <span className="min-w-0 truncate">
              <UserName id={member} name={nameOf(member)} />
            </span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
