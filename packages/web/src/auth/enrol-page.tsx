import { ApiError } from '@parley/client';
import type { Me, TotpSetup } from '@parley/protocol';
import { Link, Navigate } from '@tanstack/react-router';
import { useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { pendingStep } from '../session/pending-step.ts';
import { auth, useContinueLogin } from '../session/steps.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { CodeField } from '../ui/code-field.tsx';
import { LINK } from '../ui/link.ts';
import { AuthPage } from './auth-page.tsx';
import { Problem } from './problem.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';
import { TotpSecret } from './totp-secret.tsx';
import { useForm } from './use-form.ts';

/** Sets up a second factor where the server requires one, before the login is complete. */
export function EnrolPage() {
  const [pending] = useState(() => pendingStep('enrol_second_factor'));
  const continueLogin = useContinueLogin();
  const ticket = pending?.step.ticket ?? '';
  const [setup, setSetup] = useState<TotpSetup | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [done, setDone] = useState<{ me: Me; codes: readonly string[] } | null>(null);
  const [starting, setStarting] = useState(false);
  // Starts with a click, so that a crafted link alone cannot set up anything.
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
  if (!pending) return <Navigate to="/login" />;
  if (done) {
    return (
      <AuthPage title={t('common.saveRecoveryCodes')} intro={t('enrol.codesIntro')} other="">
        <RecoveryCodes codes={done.codes} onSaved={() => void continueLogin({ me: done.me })} />
      </AuthPage>
    );
  }
  const startOver = (
    <Link to="/login" className={LINK}>
      {t('common.startOver')}
    </Link>
  );
  if (!setup) {
    return (
      <AuthPage title={t('enrol.title')} intro={t('enrol.required')} other={startOver}>
        <div className="flex flex-col gap-4">
          <Problem text={problem} />
          <Button look="primary" busy={starting} className="min-h-11" onClick={() => void start()}>
            {t('common.setUpAuthenticator')}
          </Button>
        </div>
      </AuthPage>
    );
  }
  return (
    <AuthPage title={t('enrol.title')} intro={t('enrol.scan')} other={startOver}>
      <form {...form.props} className="flex flex-col gap-4">
        <Problem text={form.problem} />
        <TotpSecret setup={setup} />
        <CodeField
          name="code"
          label={t('common.codeFromApp')}
          required
          error={form.errors.code}
          onFull={(element) => element.requestSubmit()}
        />
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
          {t('common.continue')}
        </Button>
      </form>
    </AuthPage>
  );
}
