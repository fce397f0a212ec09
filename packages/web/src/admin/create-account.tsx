import type { AccountRole } from '@parley/protocol';
import { toast } from 'sonner';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { useParley } from '../session/use-client.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { useAdmin } from './use-admin.ts';

/** Creates an account for a user. */
export function CreateAccount({
  open,
  onClose,
  onCreated,
}: {
  open: boolean;
  onClose: () => void;
  onCreated: () => void;
}) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Add person"
      description="If you leave the password empty, they can set one with “Forgot password?” on the log-in page."
    >
      <CreateForm
        onDone={() => {
          onCreated();
          onClose();
        }}
      />
    </Dialog>
  );
}

function CreateForm({ onDone }: { onDone: () => void }) {
  const admin = useAdmin();
  const me = useParley((s) => s.me);
  const names = ['displayName', 'username', 'email', 'password', 'role'] as const;
  const form = useForm(names, async ({ password, role, ...values }) => {
    const created = await admin.createAccount({
      ...values,
      ...(password && { password }),
      ...(me?.role === 'owner' && { role: role as AccountRole }),
    });
    toast.success(
      <>
        <bdi>{created.displayName}</bdi> can log in now
      </>,
    );
    onDone();
  });
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      <Field name="displayName" label="Name" autoFocus required error={form.errors.displayName} />
      <Field
        name="username"
        label="Username"
        autoCapitalize="none"
        spellCheck={false}
        required
        error={form.errors.username}
      />
      <Field name="email" type="email" label="Email" required error={form.errors.email} />
      <Field
        name="password"
        type="password"
        label="Password"
        autoComplete="new-password"
        hint="Optional"
        error={form.errors.password}
      />
      {me?.role === 'owner' && (
        <Select
          name="role"
          label="Role"
          options={[
            ['member', 'Member'],
            ['admin', 'Admin'],
            ['owner', 'Owner'],
          ]}
        />
      )}
      <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
        Add person
      </Button>
    </form>
  );
}
