import { Link } from '@tanstack/react-router';
import { api, enter } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { AuthPage } from './auth-page.tsx';
import { Problem } from './problem.tsx';
import { useForm } from './use-form.ts';

/** Make an account; one is logged in right after. */
export function RegisterPage() {
  const form = useForm(['displayName', 'username', 'email', 'password'], async (values) => {
    enter(await api.register(values));
  });
  return (
    <AuthPage
      title="Create your account"
      intro="It takes a minute, and you are in."
      other={
        <>
          You have one already?{' '}
          <Link to="/login" className="font-medium text-accent underline-offset-3 hover:underline">
            Log in
          </Link>
        </>
      }
    >
      <form onSubmit={form.onSubmit} className="flex flex-col gap-4" noValidate>
        <Problem text={form.problem} />
        <Field
          name="displayName"
          label="Your name"
          autoComplete="name"
          autoFocus
          required
          error={form.errors.displayName}
        />
        <Field
          name="username"
          label="Username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          hint="What others find you by."
          error={form.errors.username}
        />
        <Field
          name="email"
          type="email"
          label="E-mail"
          autoComplete="email"
          required
          error={form.errors.email}
        />
        <Field
          name="password"
          type="password"
          label="Password"
          autoComplete="new-password"
          required
          hint="At least 10 characters."
          error={form.errors.password}
        />
        <Button type="submit" look="primary" busy={form.busy} className="mt-2 min-h-11">
          Create account
        </Button>
      </form>
    </AuthPage>
  );
}
