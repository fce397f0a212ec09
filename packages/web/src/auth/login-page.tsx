import { Link } from '@tanstack/react-router';
import { api, enter, useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { AuthPage } from './auth-page.tsx';
import { Problem } from './problem.tsx';
import { useForm } from './use-form.ts';

/** Log in with a username or an e-mail address. */
export function LoginPage() {
  const session = useSession();
  const form = useForm(['login', 'password'], async ({ login, password }) => {
    enter(await api.login(login.trim(), password));
  });
  const notice = session.state === 'out' ? session.notice : undefined;
  return (
    <AuthPage
      title="Log in"
      intro="Welcome back."
      other={
        <>
          New here?{' '}
          <Link
            to="/register"
            className="font-medium text-accent underline-offset-3 hover:underline"
          >
            Create an account
          </Link>
        </>
      }
    >
      <form onSubmit={form.onSubmit} className="flex flex-col gap-4" noValidate>
        <Problem text={form.problem ?? notice ?? null} />
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
          autoComplete="current-password"
          required
          error={form.errors.password}
        />
        <Button type="submit" look="primary" busy={form.busy} className="mt-2 min-h-11">
          Log in
        </Button>
      </form>
    </AuthPage>
  );
}
