import { toast } from 'sonner';
import { PartTitle } from '../app/tabbed-page.tsx';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { useLoad } from '../ui/use-load.ts';
import { AuthenticatorCard } from './authenticator-card.tsx';
import { PasskeysCard } from './passkeys-card.tsx';
import { useAccount } from './use-account.ts';

/** Password, authenticator app, passkeys. */
export function SecurityPage() {
  const account = useAccount();
  const factors = useLoad(() => account.secondFactors());
  return (
    <>
      <PartTitle title="Security" description="How you show that you are you." />
      <PasswordCard />
      {factors.data ? (
        <>
          <AuthenticatorCard factors={factors.data} onChange={() => factors.reload()} />
          <PasskeysCard factors={factors.data} onChange={() => factors.reload()} />
        </>
      ) : (
        <Card title="Second factor">
          <Loading of={factors} />
        </Card>
      )}
    </>
  );
}

function PasswordCard() {
  const account = useAccount();
  const form = useForm(['current', 'next'], async ({ current, next }, _data, element) => {
    await account.changePassword(current, next);
    element.reset();
    toast.success('Your password is changed', { description: 'All other sessions have ended.' });
  });
  return (
    <Card title="Password" description="A new one ends all your other sessions.">
      <form {...form.props} className="flex flex-col gap-4">
        <Problem text={form.problem} />
        <div className="grid grid-cols-1 gap-4 min-[560px]:grid-cols-2">
          <Field
            name="current"
            type="password"
            label="Password until now"
            autoComplete="current-password"
            error={form.errors.current}
          />
          <Field
            name="next"
            type="password"
            label="New password"
            autoComplete="new-password"
            hint="At least 10 characters."
            error={form.errors.next}
          />
        </div>
        <div>
          <Button type="submit" look="primary" busy={form.busy}>
            Change the password
          </Button>
        </div>
      </form>
    </Card>
  );
}
