import { useState } from 'react';
import { OutboxNotice, Problem } from '../auth/problem.tsx';
import { useReauthentication } from '../auth/reauthenticate.tsx';
import { useAuthOptions } from '../auth/use-auth-options.ts';
import { useForm } from '../auth/use-form.ts';
import { useAccount } from '../session/use-account.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { CodeField } from '../ui/code-field.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { toast } from '../ui/toast.ts';

/** Changes the email address of the account in two steps: the new address, then the code that was sent to it. */
export function ChangeEmail() {
  const [open, setOpen] = useState(false);
  const [sentTo, setSentTo] = useState<string | null>(null);
  return (
    <>
      <Button
        onClick={() => {
          setSentTo(null);
          setOpen(true);
        }}
      >
        {t('profile.changeEmail')}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t('profile.changeEmail')}>
        {sentTo === null ? (
          <AddressForm onSent={setSentTo} />
        ) : (
          <CodeForm
            sentTo={sentTo}
            onBack={() => setSentTo(null)}
            onChanged={() => setOpen(false)}
          />
        )}
      </Dialog>
    </>
  );
}

/** Asks for the new address, and for the password unless the login is recent. */
function AddressForm({ onSent }: { onSent: (email: string) => void }) {
  const account = useAccount();
  const { runInForm, dialog } = useReauthentication();
  const form = useForm(['email'], ({ email }) =>
    runInForm(async () => {
      await account.requestEmailChange(email.trim());
      onSent(email.trim());
    }),
  );
  return (
    <>
      <form {...form.props} className="flex flex-col gap-4">
        <Problem text={form.problem} />
        <Field
          name="email"
          type="email"
          label={t('profile.newEmail')}
          hint={t('profile.newEmailHint')}
          autoComplete="email"
          required
          error={form.errors.email}
        />
        <Button type="submit" look="primary" busy={form.busy}>
          {t('profile.sendCode')}
        </Button>
      </form>
      {dialog}
    </>
  );
}

/** Asks for the code that was sent to the new address. */
function CodeForm({
  sentTo,
  onBack,
  onChanged,
}: {
  sentTo: string;
  onBack: () => void;
  onChanged: () => void;
}) {
  const client = useClient();
  const account = useAccount();
  const options = useAuthOptions();
  const form = useForm(['code'], async ({ code }) => {
    await account.confirmEmailChange(code);
    await client.refreshMe();
    toast.success(t('profile.emailChanged'));
    onChanged();
  });
  return (
    <form {...form.props} className="flex flex-col gap-4">
      <p className="break-words text-muted">{t('verify.sentTo', { email: sentTo })}</p>
      <OutboxNotice options={options} missing="code" />
      <Problem text={form.problem} />
      <CodeField
        name="code"
        label={t('common.verificationCode')}
        autoFocus
        required
        error={form.errors.code}
        onFull={(element) => element.requestSubmit()}
      />
      <div className="flex flex-wrap justify-end gap-2">
        <Button look="quiet" onClick={onBack}>
          {t('profile.useOtherEmail')}
        </Button>
        <Button type="submit" look="primary" busy={form.busy}>
          {t('profile.changeEmail')}
        </Button>
      </div>
    </form>
  );
}
