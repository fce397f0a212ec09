import { Link, Navigate } from '@tanstack/react-router';
import { KeyRound, LifeBuoy, Smartphone } from 'lucide-react';
import { useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { hasPasskeys, PasskeyCanceled, promptForPasskey } from '../session/passkey.ts';
import { pendingStep } from '../session/pending-step.ts';
import { auth, useContinueLogin } from '../session/steps.ts';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Button } from '../ui/button.tsx';
import { CodeField } from '../ui/code-field.tsx';
import { Field } from '../ui/field.tsx';
import { LINK } from '../ui/link.ts';
import { AuthPage } from './auth-page.tsx';
import { Problem } from './problem.tsx';
import { useForm } from './use-form.ts';

type Method = 'totp' | 'passkey' | 'recovery';

const OTHER: Record<Method, [PlainKey, typeof KeyRound]> = {
  totp: ['secondFactor.useTotp', Smartphone],
  passkey: ['secondFactor.usePasskey', KeyRound],
  recovery: ['secondFactor.useRecovery', LifeBuoy],
};
const INTRO: Record<Method, PlainKey> = {
  totp: 'secondFactor.totpIntro',
  passkey: 'secondFactor.passkeyIntro',
  recovery: 'secondFactor.recoveryIntro',
};

/** Asks for the second factor, after the password. */
export function SecondFactorPage() {
  const [pending] = useState(() => pendingStep('second_factor'));
  const continueLogin = useContinueLogin();
  const methods = (pending?.step.methods ?? []).filter((m) => m !== 'passkey' || hasPasskeys());
  const [chosen, setChosen] = useState<Method | null>(null);
  const method = chosen ?? methods[0] ?? 'recovery';
  const ticket = pending?.step.ticket ?? '';
  const passkey = usePasskeyStep(ticket);
  const form = useForm(['totp', 'recoveryCode'], async ({ totp, recoveryCode }) => {
    const proof = method === 'totp' ? { totp } : { recoveryCode: recoveryCode.trim() };
    await continueLogin(await auth.secondFactor({ ticket, ...proof }));
  });
  if (!pending) return <Navigate to="/login" />;
  return (
    <AuthPage
      title={t('secondFactor.title')}
      intro={t(INTRO[method])}
      other={
        <Link to="/login" className={LINK}>
          {t('common.startOver')}
        </Link>
      }
    >
      <form {...form.props} className="flex flex-col gap-4">
        <Problem text={method === 'passkey' ? passkey.problem : form.problem} />
        {method === 'totp' && (
          <CodeField
            key="totp"
            name="totp"
            label={t('secondFactor.authenticationCode')}
            autoFocus
            required
            error={form.errors.totp}
            onFull={(element) => element.requestSubmit()}
          />
        )}
        {method === 'recovery' && (
          <Field
            key="recovery"
            name="recoveryCode"
            label={t('secondFactor.recoveryCode')}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            required
            hint={t('secondFactor.recoveryCodeHint')}
            error={form.errors.recoveryCode}
          />
        )}
        {method === 'passkey' ? (
          <Button
            look="primary"
            busy={passkey.busy}
            className="min-h-11"
            onClick={() => void passkey.use()}
          >
            <KeyRound size={17} /> {t('secondFactor.usePasskey')}
          </Button>
        ) : (
          <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
            {t('common.continue')}
          </Button>
        )}
        {methods
          .filter((m) => m !== method)
          .map((m) => {
            const [description, Icon] = OTHER[m];
            return (
              <Button key={m} look="quiet" onClick={() => setChosen(m)}>
                <Icon size={17} /> {t(description)}
              </Button>
            );
          })}
      </form>
    </AuthPage>
  );
}

/** Passes the second factor with a passkey. */
function usePasskeyStep(ticket: string) {
  const continueLogin = useContinueLogin();
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const use = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const passkey = await promptForPasskey(await auth.secondFactorPasskeyOptions(ticket));
      await continueLogin(await auth.secondFactor({ ticket, passkey }));
    } catch (error) {
      if (!(error instanceof PasskeyCanceled)) setProblem(errorMessage(error));
    }
    setBusy(false);
  };
  return { use, busy, problem };
}
