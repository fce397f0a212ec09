import { Link, Navigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { auth, useArrive } from '../session/steps.ts';
import { waitingFor } from '../session/waiting-step.ts';
import { Button } from '../ui/button.tsx';
import { CodeField } from '../ui/code-field.tsx';
import { LINK } from '../ui/link.ts';
import { useCountdown } from '../ui/use-countdown.ts';
import { AuthPage } from './auth-page.tsx';
import { Notice, Problem } from './problem.tsx';
import { useAuthOptions } from './use-auth-options.ts';
import { useForm } from './use-form.ts';

/** The six-digit code of the mail, after registering or logging in. */
export function VerifyPage() {
  const [waiting] = useState(() => waitingFor('verify_email'));
  const options = useAuthOptions();
  const arrive = useArrive();
  const form = useForm(['code'], async ({ code }) => {
    if (waiting) await arrive(await auth.verify(waiting.step.ticket, code), waiting.email);
  });
  if (!waiting) return <Navigate to="/login" />;
  const where = waiting.email ?? 'your e-mail address';
  return (
    <AuthPage
      title="Check your mail"
      intro={`We have sent a six-digit code to ${where}. It is good for ten minutes.`}
      other={
        <>
          Wrong address, or no mail?{' '}
          <Link to="/register" className={LINK}>
            Begin again
          </Link>
        </>
      }
    >
      <form {...form.props} className="flex flex-col gap-4">
        {options?.email === 'outbox' && (
          <Notice text="This server sends no mail yet: its admin finds the code in the folder data/outbox." />
        )}
        <Problem text={form.problem} />
        <CodeField
          name="code"
          label="Code"
          autoFocus
          required
          error={form.errors.code}
          onFull={(element) => element.requestSubmit()}
        />
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
          Continue
        </Button>
        <Resend ticket={waiting.step.ticket} after={waiting.step.resendAfter} />
      </form>
    </AuthPage>
  );
}

/** Asks for another code, not before the server takes the request. */
function Resend({ ticket, after }: { ticket: string; after: number }) {
  const [until, setUntil] = useState(() => Date.now() + after * 1000);
  const [said, setSaid] = useState('');
  const left = useCountdown(until);
  const busy = useRef(false);
  const resend = async () => {
    if (busy.current) return;
    busy.current = true;
    try {
      const { resendAfter } = await auth.resend(ticket);
      setUntil(Date.now() + resendAfter * 1000);
      setSaid('Another code is on its way.');
    } catch (error) {
      setSaid(errorMessage(error));
    }
    busy.current = false;
  };
  return (
    <div className="text-center text-sm">
      <Button look="quiet" disabled={left > 0} onClick={() => void resend()} className="w-full">
        Send another code{left > 0 && <span className="tabular-nums"> in {left} s</span>}
      </Button>
      <p role="status" className="mt-1 min-h-5 text-[13px] text-muted">
        {said}
      </p>
    </div>
  );
}
