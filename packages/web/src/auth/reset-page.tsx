import { ApiError } from '@parley/client';
import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { notify } from '../session/session.ts';
import { auth } from '../session/steps.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { buttonStyle } from '../ui/button-style.ts';
import { Field } from '../ui/field.tsx';
import { LINK } from '../ui/link.ts';
import { Placeholder } from '../ui/loading-status.tsx';
import { AuthPage } from './auth-page.tsx';
import { Problem } from './problem.tsx';
import { useAuthOptions } from './use-auth-options.ts';
import { useForm } from './use-form.ts';

type LinkState = 'checking' | 'valid' | 'expired' | { problem: string };

let lastToken = '';

/** Returns the token in the URL, or the last one: after a remount it is no longer in the URL. */
function rememberToken(token: string): string {
  if (token !== '') lastToken = token;
  return lastToken;
}

/** Checks a password reset link, then asks for the new password. */
export function ResetPage() {
  // Read once: the token is then removed from the address, so that it is not kept in the history.
  const hash = useLocation().hash;
  const [token] = useState(() => rememberToken(hash));
  const [link, setLink] = useResetLink(token);
  useEffect(() => {
    history.replaceState(history.state, '', location.pathname);
  }, []);
  if (link === 'checking') {
    return (
      <AuthPage title={t('reset.title')} intro={t('reset.checking')} other={<BackToLogIn />}>
        <Placeholder className="shimmer h-11 rounded-lg" />
      </AuthPage>
    );
  }
  if (link === 'valid') return <NewPassword token={token} onExpired={() => setLink('expired')} />;
  const expired = link === 'expired';
  return (
    <AuthPage
      title={expired ? t('reset.expiredTitle') : t('common.somethingWentWrong')}
      intro={expired ? t('reset.expired') : link.problem}
      other={<BackToLogIn />}
    >
      <Link to="/forgot" className={`${buttonStyle('primary')} w-full`}>
        {t('reset.requestNew')}
      </Link>
    </AuthPage>
  );
}

/** Checks the token of a link, and returns the state of the link. */
function useResetLink(token: string): [LinkState, (state: LinkState) => void] {
  const [link, setLink] = useState<LinkState>('checking');
  useEffect(() => {
    let stale = false;
    const check = async () => {
      try {
        await auth.authorizeReset(token);
        if (!stale) setLink('valid');
      } catch (error) {
        const expired = error instanceof ApiError && EXPIRED.has(error.code);
        if (!stale) setLink(expired ? 'expired' : { problem: errorMessage(error) });
      }
    };
    if (token === '') setLink('expired');
    else void check();
    return () => {
      stale = true;
    };
  }, [token]);
  return [link, setLink];
}

function BackToLogIn() {
  return (
    <Link to="/login" className={`${LINK} inline-block py-1`}>
      {t('common.backToLogIn')}
    </Link>
  );
}

/** Asks for the new password. `onExpired` is called if the link has expired or was used meanwhile. */
function NewPassword({ token, onExpired }: { token: string; onExpired: () => void }) {
  const options = useAuthOptions();
  const navigate = useNavigate();
  const form = useForm(['password'], async ({ password }) => {
    try {
      await auth.reset(token, password);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'link_expired') onExpired();
      throw error;
    }
    notify(t('reset.done'));
    await navigate({ to: '/login', replace: true });
  });
  return (
    <AuthPage title={t('reset.chooseTitle')} intro={t('reset.chooseIntro')} other={<BackToLogIn />}>
      <form {...form.props} className="flex flex-col gap-4">
        <Problem text={form.problem} />
        <Field
          name="password"
          type="password"
          label={t('common.newPassword')}
          autoComplete="new-password"
          autoFocus
          required
          hint={t('auth.passwordHint', { count: options?.passwordMin ?? 10 })}
          error={form.errors.password}
        />
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
          {t('reset.submit')}
        </Button>
      </form>
    </AuthPage>
  );
}

/** Error codes of a link that has expired, was used, or never existed. */
const EXPIRED: ReadonlySet<string> = new Set(['link_expired', 'invalid']);
