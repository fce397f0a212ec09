import { LIMITS, type UserGroup } from '@parley/protocol';
import { useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { toast } from '../ui/toast.ts';
import { UsersPicker } from '../users/user-picker.tsx';

/** The members of a user group. */
const MOST = LIMITS.userGroupMembers;

/** The dialog with which an admin creates a user group, or changes this one. */
export function EditUserGroup({
  group,
  onClose,
}: {
  group: UserGroup | null;
  onClose: () => void;
}) {
  const client = useClient();
  // The group as it was when the dialog opened: a change of another admin meanwhile is not undone.
  const [before] = useState(group);
  const [members, setMembers] = useState(before?.members ?? []);
  const form = useForm(['name', 'title'], async ({ name, title }) => {
    const { userGroups } = client.api;
    if (before) {
      const { id, changedSeq } = before;
      await userGroups.update(id, { name, title, members, changedSeq });
    } else await userGroups.create({ name, title, members });
    toast.success(t(before ? 'common.changesSaved' : 'userGroups.created'));
    onClose();
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t(before ? 'userGroups.edit' : 'userGroups.create')}
      description={t('userGroups.editIntro')}
    >
      <form {...form.props} className="flex flex-col gap-4 pt-2">
        <Problem text={form.problem} />
        <Field
          name="name"
          label={t('userGroups.name')}
          hint={t('userGroups.nameHint')}
          defaultValue={before?.name}
          maxLength={LIMITS.usernameMax}
          autoCapitalize="none"
          autoComplete="off"
          error={form.errors.name}
        />
        <Field
          name="title"
          label={t('userGroups.groupTitle')}
          hint={t('userGroups.titleHint')}
          defaultValue={before?.title}
          maxLength={LIMITS.userGroupTitleMax}
          autoComplete="off"
          error={form.errors.title}
        />
        <UsersPicker
          label={t('userGroups.members', { count: MOST })}
          chosen={members}
          onChange={(chosen) => setMembers(chosen.slice(0, MOST))}
          includesOneself
        />
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
          {t(before ? 'common.saveChanges' : 'userGroups.create')}
        </Button>
      </form>
    </Dialog>
  );
}
