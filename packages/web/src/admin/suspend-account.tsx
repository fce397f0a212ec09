import { type AdminAccount, isolate } from '@parley/protocol';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { toast } from '../ui/toast.ts';
import { SuspendDialog } from '../users/suspend-dialog.tsx';

/** Suspends an account. */
export function SuspendAccount({
  account,
  open,
  onClose,
  onSuspended,
}: {
  account: AdminAccount;
  open: boolean;
  onClose: () => void;
  onSuspended: (account: AdminAccount) => void;
}) {
  const admin = useAdmin();
  return (
    <SuspendDialog
      open={open}
      title={t('adminUsers.suspendQuestion', { name: isolate(account.displayName) })}
      action={t('adminUsers.suspend')}
      onClose={onClose}
      onSubmit={async (suspension) => {
        onSuspended(await admin.suspend(account.id, suspension));
        toast.success(t('adminUsers.accountSuspended'));
      }}
    />
  );
}
