import type { AdminAccount, AdminPermission } from '@parley/protocol';
import {
  Eraser,
  Hourglass,
  ImageOff,
  LogOut,
  ShieldOff,
  Trash2,
  UserRoundCheck,
  UserRoundX,
} from 'lucide-react';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Button } from '../ui/button.tsx';

/** An action on an account that opens a dialog first. */
export type AccountAction =
  | 'deactivate'
  | 'suspend'
  | 'sessions'
  | 'factor'
  | 'messages'
  | 'delete';

/** Shows the actions on an account that the user may take. */
export function AccountActions({
  account,
  onChange,
  onOpen,
}: {
  account: AdminAccount;
  onChange: (account: AdminAccount) => void;
  /** Opens the dialog of an action. */
  onOpen: (action: AccountAction) => void;
}) {
  const admin = useAdmin();
  const may = (action: AdminPermission) => account.permissions.includes(action);
  return (
    <div className="mt-6 flex flex-wrap gap-2 border-line border-t pt-4 empty:hidden">
      {may('update') && account.avatar !== null && (
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
        <Button onClick={() => onOpen('deactivate')}>
          <UserRoundX size={16} /> {t('adminUsers.deactivateAccount')}
        </Button>
      )}
      {may('suspend') && (
        <Button onClick={() => onOpen('suspend')}>
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
        <Button onClick={() => onOpen('sessions')}>
          <LogOut size={16} /> {t('adminUsers.logOutEverywhere')}
        </Button>
      )}
      {may('reset_second_factor') && (
        <Button onClick={() => onOpen('factor')}>
          <ShieldOff size={16} /> {t('adminUsers.removeSecondFactor')}
        </Button>
      )}
      {may('delete_messages') && (
        <Button look="risky" onClick={() => onOpen('messages')}>
          <Eraser size={16} /> {t('adminUsers.deleteMessages')}
        </Button>
      )}
      {may('delete') && (
        <Button look="risky" onClick={() => onOpen('delete')}>
          <Trash2 size={16} /> {t('common.deleteAccount')}
        </Button>
      )}
    </div>
  );
}
