import { ApiError } from '@parley/client';
import type { Me, TotpSetup } from '@parley/protocol';
import { Link, Navigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { RecoveryCodes } from '../account/recovery-codes.tsx';
import { TotpSecret } from '../account/totp-secret.tsx';
import { wordsFor } from '../lib/words.ts';
import { auth, useArrive, waitingFor } from '../session/steps.ts';
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
  const ticket = waiting?.step.ticket ?? null;
  const [setup, setSetup] = useState<TotpSetup | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [done, setDone] = useState<{ me: Me; codes: readonly string[] } | null>(null);
  useEffect(() => {
    if (ticket === null) return;
    let stale = false;
    auth.enrolTotp(ticket).then(
      (made) => {
        if (!stale) setSetup(made);
      },
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        if (!stale) setProblem(wordsFor(error));
      },
    );
    return () => {
      stale = true;
    };
  }, [ticket]);
  const form = useForm(['code'], async ({ code }) => {
    const { me, recoveryCodes } = await auth.confirmEnrolTotp(ticket ?? '', code);
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
  return (
    <AuthPage
      title="Set up a second factor"
      intro="This server asks everybody for one. Scan the code with an authenticator app."
      other={
        <Link to="/login" className={LINK}>
          Begin again
        </Link>
      }
    >
      <form onSubmit={form.onSubmit} className="flex flex-col gap-4" noValidate>
        <Problem text={form.problem ?? problem} />
        {setup ? (
          <TotpSecret setup={setup} />
        ) : (
          problem === null && <div className="shimmer size-48 rounded-xl" />
        )}
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
