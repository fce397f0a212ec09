import { Link } from '@tanstack/react-router';
import { MailCheck } from 'lucide-react';
import { useState } from 'react';
import { auth } from '../session/steps.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { LINK } from '../ui/link.ts';
import { AuthPage } from './auth-page.tsx';
import { Notice, Problem } from './problem.tsx';
import { useAuthOptions } from './use-auth-options.ts';
import { useForm } from './use-form.ts';

/** Asks for a link to set a new password. What it says is the same for known and unknown addresses. */
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
      <AuthPage title="Look into your mail" intro="" other={back}>
        <div role="status" className="rounded-2xl border border-line bg-raised p-5">
          <span className="flex size-11 items-center justify-center rounded-xl bg-accent-soft text-accent-strong">
            <MailCheck size={22} />
          </span>
          <p className="mt-4">
            If <b className="font-semibold">{sentTo}</b> belongs to an account here, a link to set a
            new password is on its way. It is good for 30 minutes, once.
          </p>
          <p className="mt-2 text-muted text-sm">
            Nothing there? Look among the unwanted mail, and whether the address is the one you
            registered with.
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
      title="Forgot your password?"
      intro="Tell us your e-mail address, and we send you a link to set a new one."
      other={back}
    >
      <form {...form.props} className="flex flex-col gap-4">
        {options?.email === 'outbox' && (
          <Notice text="This server sends no mail yet: its admin finds the link in the folder data/outbox." />
        )}
        <Problem text={form.problem} />
        <Field
          name="email"
          type="email"
          label="E-mail"
          autoComplete="email"
          autoFocus
          required
          error={form.errors.email}
        />
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
          Send the link
        </Button>
      </form>
    </AuthPage>
  );
}
