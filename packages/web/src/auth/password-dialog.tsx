import type { ReactNode } from 'react';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Problem } from './problem.tsx';
import { useForm } from './use-form.ts';

/** Asks for the user’s password before a sensitive change. */
export function PasswordDialog({
  open,
  title,
  description,
  action,
  danger = false,
  children,
  onClose,
  onConfirm,
}: {
  open: boolean;
  title: string;
  description: string;
  action: string;
  danger?: boolean;
  /** More fields, above the password. */
  children?: ReactNode;
  onClose: () => void;
  /** Shows an error that this throws; otherwise the dialog closes. */
  onConfirm: (password: string, form: FormData) => Promise<void>;
}) {
  return (
    <Dialog open={open} onClose={onClose} title={title} description={description}>
      <PasswordForm action={action} danger={danger} onDone={onClose} onConfirm={onConfirm}>
        {children}
      </PasswordForm>
    </Dialog>
  );
}

function PasswordForm({
  action,
  danger,
  children,
  onDone,
  onConfirm,
}: {
  action: string;
  danger: boolean;
  children: ReactNode;
  onDone: () => void;
  onConfirm: (password: string, form: FormData) => Promise<void>;
}) {
  const form = useForm(['password'], async ({ password }, data) => {
    await onConfirm(password, data);
    onDone();
  });
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      {children}
      <Field
        name="password"
        type="password"
        label={t('ui.yourPassword')}
        autoComplete="current-password"
        autoFocus
        error={form.errors.password}
      />
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>{t('common.cancel')}</Button>
        <Button type="submit" look={danger ? 'danger' : 'primary'} busy={form.busy}>
          {action}
        </Button>
      </div>
    </form>
  );
}
