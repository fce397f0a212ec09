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

/** Makes an account for somebody. */
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
      title="Add somebody"
      description="Without a password, they set one by “Forgot your password?”."
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
    const made = await admin.createAccount({
      ...values,
      ...(password && { password }),
      ...(me?.role === 'owner' && { role: role as AccountRole }),
    });
    toast.success(
      <>
        <bdi>{made.displayName}</bdi> can log in now
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
      <Field name="email" type="email" label="E-mail" required error={form.errors.email} />
      <Field
        name="password"
        type="password"
        label="Password"
        autoComplete="new-password"
        hint="May stay empty."
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
        Add
      </Button>
    </form>
  );
}
