import { type AdminAccount, isolate } from '@parley/protocol';
import { useReauthentication } from '../auth/reauthenticate.tsx';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Confirm } from '../ui/confirm.tsx';
import { toast } from '../ui/toast.ts';
import type { AccountAction } from './account-actions.tsx';
import { DeleteAccount } from './delete-account.tsx';
import { DeleteMessages } from './delete-messages.tsx';
import { SuspendAccount } from './suspend-account.tsx';

/** The dialogs of the actions on an account, of which at most one is open. */
export function AccountActionDialogs({
  account,
  action,
  onChange,
  onDeleted,
  onClose,
}: {
  account: AdminAccount;
  /** Null: no dialog is open. */
  action: AccountAction | null;
  onChange: (account: AdminAccount) => void;
  onDeleted: () => void;
  onClose: () => void;
}) {
  const admin = useAdmin();
  const reauthentication = useReauthentication();
  return (
    <>
      <SuspendAccount
        account={account}
        open={action === 'suspend'}
        onClose={onClose}
        onSuspended={onChange}
      />
      <Confirm
        open={action === 'deactivate'}
        title={t('adminUsers.deactivateQuestion', { name: isolate(account.displayName) })}
        description={t('adminUsers.deactivateIntro')}
        action={t('adminUsers.deactivate')}
        onCancel={onClose}
        onConfirm={() =>
          void attempt(
            async () => onChange(await admin.deactivate(account.id)),
            t('adminUsers.deactivated'),
          )
        }
      />
      <Confirm
        open={action === 'sessions'}
        title={t('adminUsers.logOutQuestion', { name: isolate(account.displayName) })}
        description={t('adminUsers.logOutIntro')}
        action={t('common.logOut')}
        onCancel={onClose}
        onConfirm={() =>
          void reauthentication.run(async () => {
            onChange(await admin.endSessions(account.id));
            toast.success(t('adminUsers.loggedOut'));
          })
        }
      />
      <Confirm
        open={action === 'factor'}
        title={t('adminUsers.removeSecondFactorQuestion')}
        description={t('adminUsers.removeSecondFactorIntro')}
        action={t('adminUsers.remove')}
        onCancel={onClose}
        onConfirm={() =>
          void attempt(async () => {
            await admin.resetSecondFactor(account.id);
            onChange(await admin.account(account.id));
          }, t('adminUsers.secondFactorRemoved'))
        }
      />
      {reauthentication.dialog}
      <DeleteMessages account={account} open={action === 'messages'} onClose={onClose} />
      <DeleteAccount
        account={account}
        open={action === 'delete'}
        onClose={onClose}
        onDeleted={() => {
          toast.success(t('adminUsers.deleted', { name: isolate(account.displayName) }));
          onDeleted();
        }}
      />
    </>
  );
}
