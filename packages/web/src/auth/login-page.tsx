import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useSession } from '../session/session.ts';
import { auth, useArrive } from '../session/steps.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { LINK } from '../ui/link.ts';
import { AuthPage } from './auth-page.tsx';
import { OtherWays } from './other-ways.tsx';
import { Notice, Problem } from './problem.tsx';
import { useAuthOptions } from './use-auth-options.ts';
import { useBrought } from './use-brought.ts';
import { useForm } from './use-form.ts';

/** Log in with a username or an e-mail address, with a passkey, or by another provider. */
export function LoginPage() {
  const session = useSession();
  const options = useAuthOptions();
  const arrive = useArrive();
  const { problem: brought, step } = useBrought();
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
      <form onSubmit={form.onSubmit} className="flex flex-col gap-4" noValidate>
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
      <OtherWays options={options} onProblem={setOtherProblem} />
    </AuthPage>
  );
}
