import { Link } from '@tanstack/react-router';
import { MailCheck } from 'lucide-react';
import { useState } from 'react';
import { auth } from '../session/steps.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { LINK } from '../ui/link.ts';
import { AuthPage } from './auth-page.tsx';
import { OutboxNotice, Problem } from './problem.tsx';
import { useAuthOptions } from './use-auth-options.ts';
import { useForm } from './use-form.ts';

/** Requests a link to set a new password. The answer is the same for known and unknown addresses. */
export function ForgotPage() {
  const options = useAuthOptions();
  const [sentTo, setSentTo] = useState<string | null>(null);
  const form = useForm(['email'], async ({ email }) => {
    await auth.forgot(email.trim());
    setSentTo(email.trim());
  });
  const back = (
    <Link to="/login" className={LINK}>
      Back to log in
    </Link>
  );
  if (sentTo !== null) {
    return (
      <AuthPage title="Check your email" intro="" other={back}>
        <div role="status" className="rounded-2xl border border-line bg-raised p-5">
          <span className="flex size-11 items-center justify-center rounded-xl bg-accent-soft text-accent-strong">
            <MailCheck size={22} />
          </span>
          <p className="mt-4">
            If <b className="wrap-anywhere font-semibold">{sentTo}</b> belongs to an account on this
            server, we’ve sent a link to set a new password. It works once and expires in 30
            minutes.
          </p>
          <p className="mt-2 text-muted text-sm">
            Didn’t get it? Check your spam folder, and make sure this is the address you registered
            with.
          </p>
        </div>
        <Button className="mt-4 w-full" onClick={() => setSentTo(null)}>
          Try another address
        </Button>
      </AuthPage>
    );
  }
  return (
    <AuthPage
      title="Reset your password"
      intro="Enter your email address and we’ll send you a link to set a new password."
      other={back}
    >
      <form {...form.props} className="flex flex-col gap-4">
        <OutboxNotice options={options} missing="link" />
        <Problem text={form.problem} />
        <Field
          name="email"
          type="email"
          label="Email"
          autoComplete="email"
          autoFocus
          required
          error={form.errors.email}
        />
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
          Send reset link
        </Button>
      </form>
    </AuthPage>
  );
}
