import { toast } from 'sonner';
import { PartTitle } from '../app/tabbed-page.tsx';
import { Problem } from '../auth/problem.tsx';
import { useAuthOptions } from '../auth/use-auth-options.ts';
import { useForm } from '../auth/use-form.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { useLoad } from '../ui/use-load.ts';
import { AuthenticatorCard } from './authenticator-card.tsx';
import { PasskeysCard } from './passkeys-card.tsx';
import { useAccount } from './use-account.ts';

/** Manages password, authenticator app and passkeys. */
export function SecurityPage() {
  const account = useAccount();
  const factors = useLoad(() => account.secondFactors());
  return (
    <>
      <PartTitle title="Security" description="How you log in." />
      <PasswordCard />
      {factors.data ? (
        <>
          <AuthenticatorCard factors={factors.data} onChange={() => factors.reload()} />
          <PasskeysCard factors={factors.data} onChange={() => factors.reload()} />
        </>
      ) : (
        <Card title="Two-factor authentication">
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
    toast.success('Password changed', { description: 'Your other sessions have been logged out.' });
  });
  return (
    <Card title="Password" description="Changing it logs out all your other sessions.">
      <form {...form.props} className="flex flex-col gap-4">
        <Problem text={form.problem} />
        <div className="grid grid-cols-1 gap-4 min-[560px]:grid-cols-2">
          <Field
            name="current"
            type="password"
            label="Current password"
            autoComplete="current-password"
            error={form.errors.current}
          />
          <Field
            name="next"
            type="password"
            label="New password"
            autoComplete="new-password"
            hint={`At least ${options?.passwordMin ?? 10} characters.`}
            error={form.errors.next}
          />
        </div>
        <div>
          <Button type="submit" look="primary" busy={form.busy}>
            Change password
          </Button>
        </div>
      </form>
    </Card>
  );
}
