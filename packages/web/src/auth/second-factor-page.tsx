import { Link, Navigate } from '@tanstack/react-router';
import { KeyRound, LifeBuoy, Smartphone } from 'lucide-react';
import { useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { askPasskey, hasPasskeys, PasskeyCancelled } from '../session/passkey.ts';
import { auth, useContinueLogin } from '../session/steps.ts';
import { waitingFor } from '../session/waiting-step.ts';
import { Button } from '../ui/button.tsx';
import { CodeField } from '../ui/code-field.tsx';
import { Field } from '../ui/field.tsx';
import { LINK } from '../ui/link.ts';
import { AuthPage } from './auth-page.tsx';
import { Problem } from './problem.tsx';
import { useForm } from './use-form.ts';

type Method = 'totp' | 'passkey' | 'recovery';

const OTHER: Record<Method, [string, typeof KeyRound]> = {
  totp: ['Use your authenticator app', Smartphone],
  passkey: ['Use a passkey', KeyRound],
  recovery: ['Use a recovery code', LifeBuoy],
};
const INTRO: Record<Method, string> = {
  totp: 'Enter the six-digit code from your authenticator app.',
  passkey: 'Confirm with a passkey on this device, or with a security key.',
  recovery: 'Enter one of the recovery codes you saved when you set up two-factor authentication.',
};

/** Asks for the second factor, after the password. */
export function SecondFactorPage() {
  const [waiting] = useState(() => waitingFor('second_factor'));
  const continueLogin = useContinueLogin();
  const methods = (waiting?.step.methods ?? []).filter((m) => m !== 'passkey' || hasPasskeys());
  const [chosen, setChosen] = useState<Method | null>(null);
  const method = chosen ?? methods[0] ?? 'recovery';
  const [passkeyProblem, setPasskeyProblem] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const ticket = waiting?.step.ticket ?? '';
  const form = useForm(['totp', 'recoveryCode'], async ({ totp, recoveryCode }) => {
    const proof = method === 'totp' ? { totp } : { recoveryCode: recoveryCode.trim() };
    await continueLogin(await auth.secondFactor({ ticket, ...proof }));
  });
  if (!waiting) return <Navigate to="/login" />;

  const withPasskey = async () => {
    setAsking(true);
    setPasskeyProblem(null);
    try {
      const passkey = await askPasskey(await auth.secondFactorPasskeyOptions(ticket));
      await continueLogin(await auth.secondFactor({ ticket, passkey }));
    } catch (error) {
      if (!(error instanceof PasskeyCancelled)) setPasskeyProblem(errorMessage(error));
    }
    setAsking(false);
  };
  return (
    <AuthPage
      title="Two-factor authentication"
      intro={INTRO[method]}
      other={
        <Link to="/login" className={LINK}>
          Start over
        </Link>
      }
    >
      <form {...form.props} className="flex flex-col gap-4">
        <Problem text={method === 'passkey' ? passkeyProblem : form.problem} />
        {method === 'totp' && (
          <CodeField
            key="totp"
            name="totp"
            label="Authentication code"
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
            label="Recovery code"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            required
            hint="Each code works once."
            error={form.errors.recoveryCode}
          />
        )}
        {method === 'passkey' ? (
          <Button
            look="primary"
            busy={asking}
            className="min-h-11"
            onClick={() => void withPasskey()}
          >
            <KeyRound size={17} /> Use a passkey
          </Button>
        ) : (
          <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
            Continue
          </Button>
        )}
        {methods
          .filter((m) => m !== method)
          .map((m) => {
            const [description, Icon] = OTHER[m];
            return (
              <Button key={m} look="quiet" onClick={() => setChosen(m)}>
                <Icon size={17} /> {description}
              </Button>
            );
          })}
      </form>
    </AuthPage>
  );
}
