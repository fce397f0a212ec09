import type { AdminAccount } from '@parley/protocol';
import { ChevronRight, LockKeyhole, ShieldCheck } from 'lucide-react';
import { useAuthOptions } from '../auth/use-auth-options.ts';
import { ago } from '../lib/time.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Badge } from '../ui/badge.tsx';
import { RoleBadge } from '../ui/role-badge.tsx';
import { Handle } from '../users/handle.tsx';

/** Whether logins to the account are temporarily rejected, after too many wrong passwords. */
export const isLocked = (account: AdminAccount): boolean =>
  account.lockedUntil !== null && Date.parse(account.lockedUntil) > Date.now();

/** Shows the role and the state of an account. */
export function AccountBadges({ account }: { account: AdminAccount }) {
  // Without required verification, an unverified address means nothing.
  const isVerificationRequired = useAuthOptions()?.verification === true;
  return (
    <>
      <RoleBadge role={account.role} />
      {!account.isActive && <Badge tone="danger">{t('common.deactivated')}</Badge>}
      {account.isSuspended && <Badge tone="danger">{t('adminUsers.suspended')}</Badge>}
      {isLocked(account) && (
        <Badge tone="warn">
          <LockKeyhole size={12} /> {t('adminUsers.locked')}
        </Badge>
      )}
      {isVerificationRequired && account.kind === 'user' && !account.verified && (
        <Badge tone="warn">{t('common.notVerified')}</Badge>
      )}
      {account.secondFactor && (
        <Badge tone="ok">
          <ShieldCheck size={12} /> {t('adminUsers.secondFactor')}
        </Badge>
      )}
    </>
  );
}

/** Shows an account in the list of accounts. */
export function AccountRow({ account, onOpen }: { account: AdminAccount; onOpen: () => void }) {
  return (
    <li className="border-line border-t first:border-t-0">
      <button
        type="button"
        onClick={onOpen}
        className="flex w-full items-center gap-3 px-3.5 py-2.5 text-start transition-colors hover:bg-hover sm:px-4"
      >
        <span className={account.isActive ? undefined : 'opacity-50 grayscale'}>
          <Avatar id={account.id} name={account.displayName} avatar={account.avatar} />
        </span>
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <bdi className="truncate font-medium">{account.displayName}</bdi>
            <AccountBadges account={account} />
          </span>
          <span className="block truncate text-note text-muted">
            <Handle name={account.username} />
            {account.email !== null && (
              <>
                {' · '}
                <bdi dir="ltr">{account.email}</bdi>
              </>
            )}
          </span>
        </span>
        <span className="hidden shrink-0 text-note text-muted sm:block">
          {account.lastSeen ? ago(account.lastSeen) : t('common.neverLoggedIn')}
        </span>
        <ChevronRight size={17} className="shrink-0 text-muted" />
      </button>
    </li>
  );
}
