import { useQuery } from '@tanstack/react-query';
import { Problem } from '../auth/problem.tsx';
import { useAuthOptions } from '../auth/use-auth-options.ts';
import { useForm } from '../auth/use-form.ts';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useAccount } from '../session/use-account.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { toast } from '../ui/toast.ts';
import { AuthenticatorCard } from './authenticator-card.tsx';
import { PasskeysCard } from './passkeys-card.tsx';

/** Manages password, authenticator app and passkeys. */
export function SecurityPage() {
  const account = useAccount();
  const refresh = useRefresh();
  const factors = useQuery({
    queryKey: keys.secondFactors(),
    queryFn: ({ signal }) => account.secondFactors({ signal }),
  });
  const onChange = () => refresh(keys.secondFactors());
  return (
    <>
      <PartTitle title={t('security.title')} description={t('security.intro')} />
      <PasswordCard />
      {factors.data ? (
        <>
          <AuthenticatorCard factors={factors.data} onChange={onChange} />
          <PasskeysCard factors={factors.data} onChange={onChange} />
        </>
      ) : (
        <Card title={t('security.twoFactorAuthentication')}>
          <Loading of={factors} />
        </Card>
      )}
    </>
  );
}

function PasswordCard() {
  const account = useAccount();
  const options = useAuthOptions();
  const form = useForm(['current', 'next'], async ({ current, next }, _data, element) => {
    await account.changePassword(current, next);
    element.reset();
    toast.success(t('security.passwordChanged'), {
      description: t('security.othersLoggedOut'),
    });
  });
  return (
    <Card title={t('common.password')} description={t('security.passwordIntro')}>
      <form {...form.props} className="flex flex-col gap-4">
        <Problem text={form.problem} />
        <div className="grid grid-cols-1 gap-4 min-[560px]:grid-cols-2">
          <Field
            name="current"
            type="password"
            label={t('security.currentPassword')}
            autoComplete="current-password"
            error={form.errors.current}
          />
          <Field
            name="next"
            type="password"
            label={t('common.newPassword')}
            autoComplete="new-password"
            hint={t('security.passwordHint', { count: options?.passwordMin ?? 10 })}
            error={form.errors.next}
          />
        </div>
        <div>
          <Button type="submit" look="primary" busy={form.busy}>
            {t('security.changePassword')}
          </Button>
        </div>
      </form>
    </Card>
  );
}
