import { Link, Navigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { pendingStep } from '../session/pending-step.ts';
import { auth, useContinueLogin } from '../session/steps.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { CodeField } from '../ui/code-field.tsx';
import { LINK } from '../ui/link.ts';
import { AuthPage } from './auth-page.tsx';
import { OutboxNotice, Problem } from './problem.tsx';
import { ResendButton } from './resend-button.tsx';
import { useAuthOptions } from './use-auth-options.ts';
import { useForm } from './use-form.ts';

/** Asks for the emailed six-digit code, after registering or logging in. */
export function VerifyPage() {
  const [pending] = useState(() => pendingStep('verify_email'));
  const options = useAuthOptions();
  const continueLogin = useContinueLogin();
  const form = useForm(['code'], async ({ code }) => {
    if (pending) await continueLogin(await auth.verify(pending.step.ticket, code), pending.email);
  });
  if (!pending) return <Navigate to="/login" />;
  return (
    <AuthPage
      title={t('verify.title')}
      intro={
        pending.email === undefined
          ? t('verify.sentToYou')
          : t('verify.sentTo', { email: pending.email })
      }
      other={
        <>
          {t('verify.wrongAddress')}{' '}
          <Link to="/register" className={LINK}>
            {t('common.startOver')}
          </Link>
        </>
      }
    >
      <form {...form.props} className="flex flex-col gap-4">
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
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
          {t('common.continue')}
        </Button>
        <Resend ticket={pending.step.ticket} after={pending.step.resendAfter} />
      </form>
    </AuthPage>
  );
}

/** Requests another code, as soon as the server accepts the request. */
function Resend({ ticket, after }: { ticket: string; after: number }) {
  const [until, setUntil] = useState(() => Date.now() + after * 1000);
  const [status, setStatus] = useState('');
  const busy = useRef(false);
  const resend = async () => {
    if (busy.current) return;
    busy.current = true;
    try {
      const { resendAfter } = await auth.resend(ticket);
      setUntil(Date.now() + resendAfter * 1000);
      setStatus(t('verify.resent'));
    } catch (error) {
      setStatus(errorMessage(error));
    }
    busy.current = false;
  };
  return (
    <div className="text-center text-sm">
      <ResendButton until={until} onResend={() => void resend()} className="w-full" />
      <p role="status" className="mt-1 min-h-5 text-note text-muted">
        {status}
      </p>
    </div>
  );
}
