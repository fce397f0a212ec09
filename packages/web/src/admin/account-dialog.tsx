import { type AdminAccount, isolate } from '@parley/protocol';
import { useState } from 'react';
import { t } from '../texts/index.ts';
import { Dialog } from '../ui/dialog.tsx';
import { AccountActionDialogs } from './account-action-dialogs.tsx';
import { type AccountAction, AccountActions } from './account-actions.tsx';
import { AccountNotices, AccountSummary } from './account-summary.tsx';
import { EditAccount } from './edit-account.tsx';

/** Shows one account, and what admins can do with it. */
export function AccountDialog({
  account,
  onChange,
  onDeleted,
  onClose,
}: {
  account: AdminAccount;
  onChange: (account: AdminAccount) => void;
  onDeleted: () => void;
  onClose: () => void;
}) {
  const [action, setAction] = useState<AccountAction | null>(null);
  return (
    <Dialog open onClose={onClose} title={isolate(account.displayName)}>
      <AccountSummary account={account} />
      <AccountNotices account={account} onChange={onChange} />
      {account.permissions.includes('update') ? (
        <EditAccount account={account} onChange={onChange} />
      ) : (
        <p className="rounded-lg bg-sunken px-3.5 py-2.5 text-sm text-soft">
          {t('adminUsers.onlyOwners')}
        </p>
      )}
      <AccountActions account={account} onChange={onChange} onOpen={setAction} />
      <AccountActionDialogs
        account={account}
        action={action}
        onChange={onChange}
        onDeleted={onDeleted}
        onClose={() => setAction(null)}
      />
    </Dialog>
  );
}
