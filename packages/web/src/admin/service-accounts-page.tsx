import { useQuery } from '@tanstack/react-query';
import { Plus, SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/empty.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { ServiceAccountCard } from './service-account-card.tsx';

/** Lists the service accounts with their API keys, and adds service accounts. */
export function ServiceAccountsPage() {
  const admin = useAdmin();
  const refresh = useRefresh();
  const serviceAccounts = useQuery({
    queryKey: keys.serviceAccounts(),
    queryFn: ({ signal }) => admin.serviceAccounts({ signal }),
  });
  const [creating, setCreating] = useState(false);
  return (
    <>
      <PartTitle
        title={t('serviceAccounts.title')}
        description={t('serviceAccounts.intro')}
        actions={
          <Button look="primary" onClick={() => setCreating(true)}>
            <Plus size={16} /> {t('serviceAccounts.add')}
          </Button>
        }
      />
      <Loading of={serviceAccounts} />
      {serviceAccounts.data?.length === 0 && (
        <Empty icon={<SquareTerminal size={22} />} title={t('serviceAccounts.none')}>
          {t('serviceAccounts.noneHint')}
        </Empty>
      )}
      {serviceAccounts.data?.map((serviceAccount) => (
        <ServiceAccountCard key={serviceAccount.id} serviceAccount={serviceAccount} />
      ))}
      <Dialog
        open={creating}
        onClose={() => setCreating(false)}
        title={t('serviceAccounts.add')}
        description={t('serviceAccounts.addIntro')}
      >
        <CreateServiceAccount
          onCreated={() => {
            setCreating(false);
            void refresh(keys.serviceAccounts());
          }}
        />
      </Dialog>
    </>
  );
}

function CreateServiceAccount({ onCreated }: { onCreated: () => void }) {
  const admin = useAdmin();
  const form = useForm(['displayName', 'username'], async (values) => {
    await admin.createServiceAccount(values);
    onCreated();
  });
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      <Field
        name="displayName"
        label={t('common.name')}
        autoFocus
        required
        error={form.errors.displayName}
      />
      <Field
        name="username"
        label={t('common.username')}
        autoCapitalize="none"
        spellCheck={false}
        required
        error={form.errors.username}
      />
      <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
        {t('serviceAccounts.add')}
      </Button>
    </form>
  );
}
