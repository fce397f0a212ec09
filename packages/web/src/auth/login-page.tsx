import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useSession } from '../session/session.ts';
import { auth, useArrive } from '../session/steps.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { LINK } from '../ui/link.ts';
import { AuthPage } from './auth-page.tsx';
import { OtherLoginMethods } from './other-login-methods.tsx';
import { Notice, Problem } from './problem.tsx';
import { useAuthOptions } from './use-auth-options.ts';
import { useBrought } from './use-brought.ts';
import { useForm } from './use-form.ts';

/** Log in with a username or an e-mail address, with a passkey, or by another provider. */
export function LoginPage() {
  const session = useSession();
  const options = useAuthOptions();
  const arrive = useArrive();
  const { problem: brought, step, isForeign } = useBrought();
  const [startedElsewhere, setStartedElsewhere] = useState(isForeign);
  const [otherProblem, setOtherProblem] = useState<string | null>(brought);
  useEffect(() => {
    if (step) void arrive(step);
  }, [step, arrive]);
  const form = useForm(['login', 'password'], async ({ login, password }) => {
    setOtherProblem(null);
    await arrive(await auth.login(login.trim(), password));
  });
  const notice = session.state === 'out' ? session.notice : undefined;
  const problem = form.problem ?? otherProblem;
  if (startedElsewhere) return <StartedElsewhere onContinue={() => setStartedElsewhere(false)} />;
  return (
    <AuthPage
      title="Log in"
      intro="Welcome back."
      other={
        options?.registration === 'closed' ? (
          <>Accounts are made by the admins of this server.</>
        ) : (
          <>
            New here?{' '}
            <Link to="/register" className={LINK}>
              Create an account
            </Link>
          </>
        )
      }
    >
      <form {...form.props} className="flex flex-col gap-4">
        {problem === null && notice !== undefined && <Notice text={notice} />}
        <Problem text={problem} />
        <Field
          name="login"
          label="Username or e-mail"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          error={form.errors.login}
        />
        <Field
          name="password"
          type="password"
          label="Password"
          aside={
            <Link to="/forgot" className={`${LINK} text-[13px]`}>
              Forgot it?
            </Link>
          }
          autoComplete="current-password"
          required
          error={form.errors.password}
        />
        <Button type="submit" look="primary" busy={form.busy} className="mt-2 min-h-11">
          Log in
        </Button>
      </form>
      <OtherLoginMethods options={options} onProblem={setOtherProblem} />
    </AuthPage>
  );
}

/** A result of a log-in has come to a tab that has not begun it. */
function StartedElsewhere({ onContinue }: { onContinue: () => void }) {
  return (
    <AuthPage
      title="Log in from here"
      intro="This log-in was started in another tab or browser, so it can’t be finished here. If a link that somebody sent you has led here, don’t use it again."
      other=""
    >
      <Button look="primary" className="min-h-11 w-full" onClick={onContinue}>
        Go to log in
      </Button>
    </AuthPage>
  );
}
