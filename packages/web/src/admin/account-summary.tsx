import type { AdminAccount } from '@parley/protocol';
import { LockKeyholeOpen } from 'lucide-react';
import { ago, dateOf, fullTime } from '../lib/time.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Handle } from '../users/handle.tsx';
import { AccountBadges, isLocked } from './account-row.tsx';

/** Shows who an account is, when it was last active, and its state. */
export function AccountSummary({ account }: { account: AdminAccount }) {
  return (
    <div className="mb-5 flex items-center gap-4">
      <Avatar id={account.id} name={account.displayName} size={56} avatar={account.avatar} />
      <div className="min-w-0">
        <p className="truncate text-muted text-sm">
          <Handle name={account.username} /> ·{' '}
          {t('adminUsers.joined', { date: dateOf(account.createdAt) })}
        </p>
        <p className="truncate text-muted text-sm">
          {account.lastSeen ? (
            <span title={fullTime(account.lastSeen)}>
              {t('adminUsers.lastActive', { ago: ago(account.lastSeen) })}
            </span>
          ) : (
            t('common.neverLoggedIn')
          )}
        </p>
        <p className="mt-1.5 flex flex-wrap gap-1.5 empty:hidden">
          <AccountBadges account={account} />
        </p>
      </div>
    </div>
  );
}

/** Shows why an account can’t log in now: a lock, which admins can remove, or a suspension. */
export function AccountNotices({
  account,
  onChange,
}: {
  account: AdminAccount;
  onChange: (account: AdminAccount) => void;
}) {
  const admin = useAdmin();
  const unlock = () =>
    attempt(async () => {
      await admin.unlock(account.id);
      onChange(await admin.account(account.id));
    }, t('adminUsers.unlocked'));
  return (
    <>
      {isLocked(account) && account.lockedUntil !== null && (
        <div className="mb-5 flex flex-wrap items-center justify-between gap-3 rounded-lg bg-warn-soft px-3.5 py-2.5 text-sm text-warn">
          {t('adminUsers.lockedUntil', { time: fullTime(account.lockedUntil) })}
          {account.permissions.includes('unlock') && (
            <Button onClick={() => void unlock()}>
              <LockKeyholeOpen size={16} /> {t('adminUsers.unlock')}
            </Button>
          )}
        </div>
      )}
      {account.isSuspended && (
        <p className="mb-5 rounded-lg bg-warn-soft px-3.5 py-2.5 text-sm text-warn">
          {account.suspendedUntil === null
            ? t('adminUsers.suspendedIndefinitely')
            : t('adminUsers.suspendedUntil', { time: fullTime(account.suspendedUntil) })}{' '}
          {account.suspensionReason}
        </p>
      )}
    </>
  );
}
