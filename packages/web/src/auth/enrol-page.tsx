import { ApiError } from '@parley/client';
import type { Me, TotpSetup } from '@parley/protocol';
import { Link, Navigate } from '@tanstack/react-router';
import { useState } from 'react';
import { RecoveryCodes } from '../account/recovery-codes.tsx';
import { TotpSecret } from '../account/totp-secret.tsx';
import { errorMessage } from '../lib/text.ts';
import { auth, useArrive } from '../session/steps.ts';
import { waitingFor } from '../session/waiting-step.ts';
import { Button } from '../ui/button.tsx';
import { CodeField } from '../ui/code-field.tsx';
import { LINK } from '../ui/link.ts';
import { AuthPage } from './auth-page.tsx';
import { Problem } from './problem.tsx';
import { useForm } from './use-form.ts';

/** This server wants a second factor of everybody: it is set up before one is let in. */
export function EnrolPage() {
  const [waiting] = useState(() => waitingFor('enrol_second_factor'));
  const arrive = useArrive();
  const ticket = waiting?.step.ticket ?? '';
  const [setup, setSetup] = useState<TotpSetup | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [done, setDone] = useState<{ me: Me; codes: readonly string[] } | null>(null);
  const [starting, setStarting] = useState(false);
  // Begins with a click: nothing that somebody else has put into an address sets anything up.
  const start = async () => {
    setStarting(true);
    setProblem(null);
    try {
      setSetup(await auth.enrolTotp(ticket));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setProblem(errorMessage(error));
    } finally {
      setStarting(false);
    }
  };
  const form = useForm(['code'], async ({ code }) => {
    const { me, recoveryCodes } = await auth.confirmEnrolTotp(ticket, code);
    setDone({ me, codes: recoveryCodes });
  });
  if (!waiting) return <Navigate to="/login" />;
  if (done) {
    return (
      <AuthPage
        title="Store your recovery codes"
        intro="Each of them lets you in once, should you lose your app. They are shown only now."
        other=""
      >
        <RecoveryCodes codes={done.codes} onStored={() => void arrive({ me: done.me })} />
      </AuthPage>
    );
  }
  const again = (
    <Link to="/login" className={LINK}>
      Start over
    </Link>
  );
  if (!setup) {
    return (
      <AuthPage
        title="Set up two-factor authentication"
        intro="This server requires it for your account. You need an authenticator app, such as Aegis, 1Password or Google Authenticator."
        other={again}
      >
        <div className="flex flex-col gap-4">
          <Problem text={problem} />
          <Button look="primary" busy={starting} className="min-h-11" onClick={() => void start()}>
            Set up authenticator app
          </Button>
        </div>
      </AuthPage>
    );
  }
  return (
    <AuthPage
      title="Set up two-factor authentication"
      intro="Scan the code with your authenticator app, then enter the six digits that it shows."
      other={again}
    >
      <form {...form.props} className="flex flex-col gap-4">
        <Problem text={form.problem} />
        <TotpSecret setup={setup} />
        <CodeField
          name="code"
          label="Code that the app shows"
          required
          error={form.errors.code}
          onFull={(element) => element.requestSubmit()}
        />
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
          Continue
        </Button>
      </form>
    </AuthPage>
  );
}
