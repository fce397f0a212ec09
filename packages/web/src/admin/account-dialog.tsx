import { type AdminAccount, type AdminPermission, isolate } from '@parley/protocol';
import {
  Eraser,
  Hourglass,
  ImageOff,
  LockKeyholeOpen,
  LogOut,
  ShieldOff,
  Trash2,
  UserRoundCheck,
  UserRoundX,
} from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { useReauthentication } from '../account/reauthenticate.tsx';
import { attempt } from '../lib/attempt.ts';
import { ago, dateOf, fullTime } from '../lib/time.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Handle } from '../users/handle.tsx';
import { AccountBadges, isLocked } from './account-row.tsx';
import { DeleteAccount } from './delete-account.tsx';
import { DeleteMessages } from './delete-messages.tsx';
import { EditAccount } from './edit-account.tsx';
import { SuspendAccount } from './suspend-account.tsx';
import { useAdmin } from './use-admin.ts';

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
  const admin = useAdmin();
  const [dialog, setDialog] = useState<
    'deactivate' | 'suspend' | 'sessions' | 'factor' | 'messages' | 'delete' | null
  >(null);
  const hasAvatar = account.avatar !== null;
  const reauthentication = useReauthentication();
  const may = (action: AdminPermission) => account.permissions.includes(action);
  const close = () => setDialog(null);
  const refresh = async () => onChange(await admin.account(account.id));
  return (
    <Dialog open onClose={onClose} title={isolate(account.displayName)}>
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
      {isLocked(account) && account.lockedUntil !== null && (
        <div className="mb-5 flex flex-wrap items-center justify-between gap-3 rounded-lg bg-warn-soft px-3.5 py-2.5 text-sm text-warn">
          {t('adminUsers.lockedUntil', { time: fullTime(account.lockedUntil) })}
          {may('unlock') && (
            <Button
              onClick={() =>
                void attempt(async () => {
                  await admin.unlock(account.id);
                  await refresh();
                }, t('adminUsers.unlocked'))
              }
            >
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
      {may('update') ? (
        <EditAccount account={account} onChange={onChange} />
      ) : (
        <p className="rounded-lg bg-sunken px-3.5 py-2.5 text-sm text-soft">
          {t('adminUsers.onlyOwners')}
        </p>
      )}
      <div className="mt-6 flex flex-wrap gap-2 border-line border-t pt-4 empty:hidden">
        {may('update') && hasAvatar && (
          <Button
            onClick={() =>
              void attempt(
                async () => onChange(await admin.updateAccount(account.id, { avatar: null })),
                t('adminUsers.photoRemoved'),
              )
            }
          >
            <ImageOff size={16} /> {t('adminUsers.removePhoto')}
          </Button>
        )}
        {may('deactivate') && (
          <Button onClick={() => setDialog('deactivate')}>
            <UserRoundX size={16} /> {t('adminUsers.deactivateAccount')}
          </Button>
        )}
        {may('suspend') && (
          <Button onClick={() => setDialog('suspend')}>
            <Hourglass size={16} /> {t('adminUsers.suspend')}
          </Button>
        )}
        {may('unsuspend') && (
          <Button
            onClick={() =>
              void attempt(
                async () => onChange(await admin.unsuspend(account.id)),
                t('adminUsers.unsuspended'),
              )
            }
          >
            <UserRoundCheck size={16} /> {t('adminUsers.unsuspend')}
          </Button>
        )}
        {may('reactivate') && (
          <Button
            onClick={() =>
              void attempt(
                async () => onChange(await admin.reactivate(account.id)),
                t('adminUsers.reactivated'),
              )
            }
          >
            <UserRoundCheck size={16} /> {t('adminUsers.reactivateAccount')}
          </Button>
        )}
        {may('end_sessions') && (
          <Button onClick={() => setDialog('sessions')}>
            <LogOut size={16} /> {t('adminUsers.logOutEverywhere')}
          </Button>
        )}
        {may('reset_second_factor') && (
          <Button onClick={() => setDialog('factor')}>
            <ShieldOff size={16} /> {t('adminUsers.removeSecondFactor')}
          </Button>
        )}
        {may('delete_messages') && (
          <Button look="risky" onClick={() => setDialog('messages')}>
            <Eraser size={16} /> {t('adminUsers.deleteMessages')}
          </Button>
        )}
        {may('delete') && (
          <Button look="risky" onClick={() => setDialog('delete')}>
            <Trash2 size={16} /> {t('common.deleteAccount')}
          </Button>
        )}
      </div>
      <SuspendAccount
        account={account}
        open={dialog === 'suspend'}
        onClose={close}
        onSuspended={onChange}
      />
      <Confirm
        open={dialog === 'deactivate'}
        title={t('adminUsers.deactivateQuestion', { name: isolate(account.displayName) })}
        description={t('adminUsers.deactivateIntro')}
        action={t('adminUsers.deactivate')}
        onCancel={close}
        onConfirm={() =>
          void attempt(
            async () => onChange(await admin.deactivate(account.id)),
            t('adminUsers.deactivated'),
          )
        }
      />
      <Confirm
        open={dialog === 'sessions'}
        title={t('adminUsers.logOutQuestion', { name: isolate(account.displayName) })}
        description={t('adminUsers.logOutIntro')}
        action={t('common.logOut')}
        onCancel={close}
        onConfirm={() =>
          void reauthentication.run(async () => {
            onChange(await admin.endSessions(account.id));
            toast.success(t('adminUsers.loggedOut'));
          })
        }
      />
      <Confirm
        open={dialog === 'factor'}
        title={t('adminUsers.removeSecondFactorQuestion')}
        description={t('adminUsers.removeSecondFactorIntro')}
        action={t('adminUsers.remove')}
        onCancel={close}
        onConfirm={() =>
          void attempt(async () => {
            await admin.resetSecondFactor(account.id);
            await refresh();
          }, t('adminUsers.secondFactorRemoved'))
        }
      />
      {reauthentication.dialog}
      <DeleteMessages account={account} open={dialog === 'messages'} onClose={close} />
      <DeleteAccount
        account={account}
        open={dialog === 'delete'}
        onClose={close}
        onDeleted={() => {
          toast.success(t('adminUsers.deleted', { name: isolate(account.displayName) }));
          onDeleted();
        }}
      />
    </Dialog>
  );
}
