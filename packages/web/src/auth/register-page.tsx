import { ApiError } from '@parley/client';
import type { AuthOptions } from '@parley/protocol';
import { Link, useLocation } from '@tanstack/react-router';
import { useState } from 'react';
import { listOf } from '../lib/text.ts';
import { auth, useContinueLogin } from '../session/steps.ts';
import { locale, t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';
import { Button } from '../ui/button.tsx';
import { buttonStyle } from '../ui/button-style.ts';
import { Field } from '../ui/field.tsx';
import { LINK } from '../ui/link.ts';
import { AuthPage } from './auth-page.tsx';
import { OtherLoginMethods } from './other-login-methods.tsx';
import { Notice, Problem } from './problem.tsx';
import { useAuthOptions } from './use-auth-options.ts';
import { useForm } from './use-form.ts';

const FIELDS = [
  'displayName',
  'username',
  'email',
  'password',
  'firstName',
  'lastName',
  'phone',
] as const;

/** Creates an account and logs in to it, or asks for the emailed code first. */
export function RegisterPage() {
  const options = useAuthOptions();
  const invitation = useLocation().hash;
  const refusal = whyClosed(options, invitation !== '');
  const login = (
    <>
      {t('register.haveAccount')}{' '}
      <Link to="/login" className={LINK}>
        {t('common.logIn')}
      </Link>
    </>
  );
  if (refusal) {
    return (
      <AuthPage title={t('register.title')} intro={refusal} other={login}>
        <Link to="/login" className={`${buttonStyle('primary')} w-full`}>
          {t('common.goToLogIn')}
        </Link>
      </AuthPage>
    );
  }
  return (
    <AuthPage title={t('register.title')} intro={t('register.intro')} other={login}>
      <RegisterForm options={options} invitation={invitation} />
      <WithProvider options={options} invitation={invitation} />
    </AuthPage>
  );
}

function RegisterForm({
  options,
  invitation,
}: {
  options: AuthOptions | null;
  invitation: string;
}) {
  const continueLogin = useContinueLogin();
  /** The invitation that the server has refused. */
  const [refused, setRefused] = useState<string | null>(null);
  const isRefused = invitation !== '' && invitation === refused;
  const form = useForm(FIELDS, async ({ firstName, lastName, phone, ...values }) => {
    setRefused(null);
    try {
      const answer = await auth.register({
        locale,
        ...values,
        ...(firstName.trim() && { firstName }),
        ...(lastName.trim() && { lastName }),
        ...(phone.trim() && { phone }),
        ...(invitation && { invitation }),
      });
      await continueLogin(answer, values.email.trim());
    } catch (error) {
      if (error instanceof ApiError && error.code === 'invitation_expired') setRefused(invitation);
      throw error;
    }
  });
  const domains = options?.registration === 'domain' ? options.domains : [];
  return (
    <form {...form.props} className="flex flex-col gap-4">
      {invitation !== '' && !isRefused && <Notice text={t('register.invited')} />}
      <Problem text={refused === null || isRefused ? form.problem : null} />
      {isRefused && (
        <p className="text-sm text-soft">
          {t('register.askForInvitation')}{' '}
          {options?.registration === 'open' && (
            // What was typed stays in the form.
            <RichText
              text="register.withoutInvitation"
              parts={{ page: <Link to="/register" className={LINK} /> }}
            />
          )}
        </p>
      )}
      <Field
        name="displayName"
        label={t('common.yourName')}
        autoComplete="name"
        autoFocus
        required
        hint={t('common.yourNameHint')}
        error={form.errors.displayName}
      />
      <Field
        name="username"
        label={t('common.username')}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        hint={t('register.usernameHint')}
        error={form.errors.username}
      />
      <Field
        name="email"
        type="email"
        label={t('common.email')}
        autoComplete="email"
        required
        hint={
          domains.length > 0
            ? t('register.allowedDomains', { domains: listOf(domains) })
            : undefined
        }
        error={form.errors.email}
      />
      <Field
        name="password"
        type="password"
        label={t('common.password')}
        autoComplete="new-password"
        required
        hint={t('auth.passwordHint', { count: options?.passwordMin ?? 10 })}
        error={form.errors.password}
      />
      <OptionalFields errors={form.errors} />
      <Button type="submit" look="primary" busy={form.busy} className="mt-2 min-h-11">
        {t('register.submit')}
      </Button>
    </form>
  );
}

function OptionalFields({
  errors,
}: {
  errors: Partial<Record<'firstName' | 'lastName' | 'phone', string>>;
}) {
  const hasError = (errors.firstName ?? errors.lastName ?? errors.phone) !== undefined;
  return (
    <details className="group rounded-lg border border-edge" open={hasError}>
      <summary className="flex min-h-11 cursor-pointer select-none list-none items-center justify-between rounded-lg px-3 text-sm text-soft hover:bg-hover">
        {t('register.fullName')}
        <span className="text-note text-muted">{t('common.optional')}</span>
      </summary>
      <div className="grid grid-cols-1 gap-4 px-3 pt-2 pb-3.5 min-[420px]:grid-cols-2">
        <Field
          name="firstName"
          label={t('common.firstName')}
          autoComplete="given-name"
          error={errors.firstName}
        />
        <Field
          name="lastName"
          label={t('common.lastName')}
          autoComplete="family-name"
          error={errors.lastName}
        />
        <Field
          name="phone"
          type="tel"
          label={t('common.phone')}
          autoComplete="tel"
          className="min-[420px]:col-span-2"
          error={errors.phone}
        />
      </div>
    </details>
  );
}

/** Offers to register with single sign-on. */
function WithProvider({
  options,
  invitation,
}: {
  options: AuthOptions | null;
  invitation: string;
}) {
  const [problem, setProblem] = useState<string | null>(null);
  if (options === null || options.sso.length === 0) return null;
  return (
    <>
      <OtherLoginMethods
        options={options}
        invitation={invitation}
        withPasskeys={false}
        onProblem={setProblem}
      />
      <div className="mt-3">
        <Problem text={problem} />
      </div>
    </>
  );
}

/** Explains why this visitor cannot register; null when they can. */
function whyClosed(options: AuthOptions | null, invited: boolean): string | null {
  if (options?.registration === 'closed') {
    return t('register.closed');
  }
  if (options?.registration === 'invitation' && !invited) {
    return t('register.invitationNeeded');
  }
  return null;
}
