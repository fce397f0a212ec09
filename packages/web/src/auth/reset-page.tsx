import { ApiError } from '@parley/client';
import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { notify } from '../session/session.ts';
import { auth } from '../session/steps.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { LINK } from '../ui/link.ts';
import { AuthPage } from './auth-page.tsx';
import { Problem } from './problem.tsx';
import { useAuthOptions } from './use-auth-options.ts';
import { useForm } from './use-form.ts';

type LinkState = 'checking' | 'good' | 'ended' | { problem: string };

let kept = '';

/** The token of the address; once that is cleaned, the one that it had: a page may be drawn anew. */
function keep(token: string): string {
  if (token !== '') kept = token;
  return kept;
}

/** The page of the link: first whether it is still good, then the new password. */
export function ResetPage() {
  // Read once: the address is cleaned, so that the token does not stay in the history.
  const hash = useLocation().hash;
  const [token] = useState(() => keep(hash));
  const options = useAuthOptions();
  const navigate = useNavigate();
  const [link, setLink] = useState<LinkState>('checking');
  useEffect(() => {
    history.replaceState(history.state, '', location.pathname);
  }, []);
  useEffect(() => {
    let stale = false;
    const check = async () => {
      try {
        await auth.authorizeReset(token);
        if (!stale) setLink('good');
      } catch (error) {
        const ended = error instanceof ApiError && ENDED.has(error.code);
        if (!stale) setLink(ended ? 'ended' : { problem: errorMessage(error) });
      }
    };
    if (token === '') setLink('ended');
    else void check();
    return () => {
      stale = true;
    };
  }, [token]);
  const form = useForm(['password'], async ({ password }) => {
    try {
      await auth.reset(token, password);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'link_expired') setLink('ended');
      throw error;
    }
    notify('Your new password is set. Log in with it.');
    await navigate({ to: '/login', replace: true });
  });
  const back = (
    <Link to="/login" className={LINK}>
      Back to log in
    </Link>
  );
  if (link === 'checking') {
    return (
      <AuthPage title="One moment" intro="Looking whether your link is still good." other={back}>
        <div className="shimmer h-11 rounded-lg" />
      </AuthPage>
    );
  }
  if (link !== 'good') {
    const ended = link === 'ended';
    return (
      <AuthPage
        title={ended ? 'This link is over' : 'That did not work'}
        intro={
          ended
            ? 'A link is good for 30 minutes, and once. Ask for another one: it takes a moment.'
            : link.problem
        }
        other={back}
      >
        <Link
          to="/forgot"
          className="inline-flex min-h-11 w-full items-center justify-center rounded-lg bg-accent font-medium text-on-accent text-sm hover:bg-accent-strong"
        >
          Ask for another link
        </Link>
      </AuthPage>
    );
  }
  return (
    <AuthPage
      title="Choose a new password"
      intro="You will be logged out wherever you are logged in now."
      other={back}
    >
      <form {...form.props} className="flex flex-col gap-4">
        <Problem text={form.problem} />
        <Field
          name="password"
          type="password"
          label="New password"
          autoComplete="new-password"
          autoFocus
          required
          hint={`At least ${options?.passwordMin ?? 10} characters. A few words make a good one.`}
          error={form.errors.password}
        />
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
          Set the password
        </Button>
      </form>
    </AuthPage>
  );
}

/** Answers that say that the link is good for nothing any more, or never was. */
const ENDED: ReadonlySet<string> = new Set(['link_expired', 'invalid']);
