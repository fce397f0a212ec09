import { Link } from '@tanstack/react-router';
import { MailCheck } from 'lucide-react';
import { useState } from 'react';
import { auth } from '../session/steps.ts';
import { t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';
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
    <Link to="/login" className={`${LINK} inline-block py-1`}>
      {t('common.backToLogIn')}
    </Link>
  );
  const isStored = options?.email === 'outbox';
  if (sentTo !== null) {
    return (
      <AuthPage
        title={isStored ? t('forgot.storedTitle') : t('forgot.sentTitle')}
        intro=""
        other={back}
      >
        <div role="status" className="rounded-2xl border border-line bg-raised p-5">
          <span className="flex size-11 items-center justify-center rounded-xl bg-accent-soft text-accent-strong">
            <MailCheck size={22} />
          </span>
          <p className="mt-4">
            <RichText
              text={isStored ? 'forgot.stored' : 'forgot.sent'}
              parts={{ email: <b className="wrap-anywhere font-semibold">{sentTo}</b> }}
            />
          </p>
          {!isStored && <p className="mt-2 text-muted text-sm">{t('forgot.notArrived')}</p>}
        </div>
        <Button className="mt-4 w-full" onClick={() => setSentTo(null)}>
          {t('forgot.tryAnotherAddress')}
        </Button>
      </AuthPage>
    );
  }
  return (
    <AuthPage title={t('forgot.title')} intro={t('forgot.intro')} other={back}>
      <form {...form.props} className="flex flex-col gap-4">
        <OutboxNotice options={options} missing="link" />
        <Problem text={form.problem} />
        <Field
          name="email"
          type="email"
          label={t('common.email')}
          autoComplete="email"
          autoFocus
          required
          error={form.errors.email}
        />
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
          {t('forgot.submit')}
        </Button>
      </form>
    </AuthPage>
  );
}
