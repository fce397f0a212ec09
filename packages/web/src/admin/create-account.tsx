import type { AccountRole } from '@parley/protocol';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { toast } from '../ui/toast.ts';
import { roleOptions } from './role-options.ts';

/** Creates an account for a user. */
export function CreateAccount({
  open,
  roles,
  onClose,
  onCreated,
}: {
  open: boolean;
  /** The roles that the user may give the account. */
  roles: readonly AccountRole[];
  onClose: () => void;
  onCreated: () => void;
}) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t('common.addPerson')}
      description={t('createAccount.intro')}
    >
      <CreateForm
        roles={roles}
        onDone={() => {
          onCreated();
          onClose();
        }}
      />
    </Dialog>
  );
}

function CreateForm({ roles, onDone }: { roles: readonly AccountRole[]; onDone: () => void }) {
  const admin = useAdmin();
  const names = ['displayName', 'username', 'email', 'password', 'role'] as const;
  // Guests are invited to groups.
  const offered = roles.filter((role) => role !== 'guest');
  const form = useForm(names, async ({ password, role, ...values }) => {
    const created = await admin.createAccount({
      ...values,
      ...(password && { password }),
      ...(offered.length > 1 && { role: role as AccountRole }),
    });
    toast.success(
      <RichText text="createAccount.created" parts={{ name: <bdi>{created.displayName}</bdi> }} />,
    );
    onDone();
  });
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      <Field
        name="displayName"
        label={t('common.name')}
        autoFocus
        required
        error={form.errors.displayName}
      />
      <Field
        name="username"
        label={t('common.username')}
        autoCapitalize="none"
        spellCheck={false}
        required
        error={form.errors.username}
      />
      <Field
        name="email"
        type="email"
        label={t('common.email')}
        required
        error={form.errors.email}
      />
      <Field
        name="password"
        type="password"
        label={t('common.password')}
        autoComplete="new-password"
        hint={t('common.optional')}
        error={form.errors.password}
      />
      {offered.length > 1 && (
        <Select name="role" label={t('common.role')} options={roleOptions(offered)} />
      )}
      <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
        {t('common.addPerson')}
      </Button>
    </form>
  );
}
