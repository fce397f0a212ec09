import { useState } from 'react';
import { OutboxNotice, Problem } from '../auth/problem.tsx';
import { useReauthentication } from '../auth/reauthenticate.tsx';
import { ResendButton } from '../auth/resend-button.tsx';
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

/** A code that was sent to a new address. */
interface SentCode {
  readonly email: string;
  /** Until then the server rejects a request for another one, in ms since the epoch. */
  readonly resendAt: number;
}

/** Changes the email address of the account in two steps: the new address, then the code that was sent to it. */
export function ChangeEmail() {
  const [open, setOpen] = useState(false);
  /** Kept when the dialog is closed: the user may look for the code in the meantime. */
  const [sent, setSent] = useState<SentCode | null>(null);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('profile.changeEmail')}</Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t('profile.changeEmail')}>
        {sent === null ? (
          <AddressForm onSent={setSent} />
        ) : (
          <CodeForm
            sent={sent}
            onSent={setSent}
            onBack={() => setSent(null)}
            onChanged={() => {
              setSent(null);
              setOpen(false);
            }}
          />
        )}
      </Dialog>
    </>
  );
}

/** Returns a function that sends a code to an address. */
function useSendCode(): (email: string) => Promise<SentCode> {
  const account = useAccount();
  return async (email) => {
    const { resendAfter } = await account.requestEmailChange(email);
    return { email, resendAt: Date.now() + resendAfter * 1_000 };
  };
}

/** Asks for the new address, and for the password unless the login is recent. */
function AddressForm({ onSent }: { onSent: (sent: SentCode) => void }) {
  const send = useSendCode();
  const { runInForm, dialog } = useReauthentication();
  const form = useForm(['email'], ({ email }) =>
    runInForm(async () => onSent(await send(email.trim()))),
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
  sent,
  onSent,
  onBack,
  onChanged,
}: {
  sent: SentCode;
  onSent: (sent: SentCode) => void;
  onBack: () => void;
  onChanged: () => void;
}) {
  const send = useSendCode();
  const { run, dialog } = useReauthentication();
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
    <>
      <form {...form.props} className="flex flex-col gap-4">
        <p className="break-words text-muted">{t('verify.sentTo', { email: sent.email })}</p>
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
          <ResendButton
            until={sent.resendAt}
            onResend={() => void run(async () => onSent(await send(sent.email)))}
          />
          <Button look="quiet" onClick={onBack}>
            {t('profile.useOtherEmail')}
          </Button>
          <Button type="submit" look="primary" busy={form.busy}>
            {t('profile.changeEmail')}
          </Button>
        </div>
      </form>
      {dialog}
    </>
  );
}
