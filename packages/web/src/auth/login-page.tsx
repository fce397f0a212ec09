import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useServerName } from '../session/server-name.ts';
import { useSession } from '../session/session.ts';
import { auth, useContinueLogin } from '../session/steps.ts';
import { t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { LINK } from '../ui/link.ts';
import { AuthPage } from './auth-page.tsx';
import { OtherLoginMethods } from './other-login-methods.tsx';
import { Notice, Problem } from './problem.tsx';
import { useAuthOptions } from './use-auth-options.ts';
import { useForm } from './use-form.ts';
import { useSsoResult } from './use-sso-result.ts';

/** Logs in with a username or an email address, with a passkey, or with single sign-on. */
export function LoginPage() {
  const session = useSession();
  const options = useAuthOptions();
  const storedName = useServerName();
  const continueLogin = useContinueLogin();
  const { problem: ssoProblem, step, isForeign } = useSsoResult();
  const [startedElsewhere, setStartedElsewhere] = useState(isForeign);
  const [otherProblem, setOtherProblem] = useState<string | null>(ssoProblem);
  useEffect(() => {
    if (step) void continueLogin(step);
  }, [step, continueLogin]);
  const form = useForm(['login', 'password'], async ({ login, password }) => {
    setOtherProblem(null);
    await continueLogin(await auth.login(login.trim(), password));
  });
  const notice = session.state === 'out' ? session.notice : undefined;
  const problem = form.problem ?? otherProblem;
  if (startedElsewhere) return <StartedElsewhere onContinue={() => setStartedElsewhere(false)} />;
  return (
    <AuthPage
      title={t('common.logIn')}
      intro={t('login.intro')}
      other={
        options?.registration === 'closed' ? (
          t('login.closed')
        ) : (
          <>
            <RichText
              text="login.newHere"
              parts={{ server: <bdi>{options?.name ?? storedName}</bdi> }}
            />{' '}
            <Link to="/register" className={LINK}>
              {t('common.createAnAccount')}
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
          label={t('login.usernameOrEmail')}
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
          label={t('common.password')}
          aside={
            <Link to="/forgot" className={`${LINK} tap inline-flex min-h-6 items-center text-note`}>
              {t('login.forgotPassword')}
            </Link>
          }
          autoComplete="current-password"
          required
          error={form.errors.password}
        />
        <Button type="submit" look="primary" busy={form.busy} className="mt-2 min-h-11">
          {t('common.logIn')}
        </Button>
      </form>
      <OtherLoginMethods options={options} onProblem={setOtherProblem} />
    </AuthPage>
  );
}

/** Explains that this tab cannot finish a login that was started in another tab. */
function StartedElsewhere({ onContinue }: { onContinue: () => void }) {
  return (
    <AuthPage title={t('login.otherTabTitle')} intro={t('login.otherTab')} other="">
      <Button look="primary" className="min-h-11 w-full" onClick={onContinue}>
        {t('common.goToLogIn')}
      </Button>
    </AuthPage>
  );
}
