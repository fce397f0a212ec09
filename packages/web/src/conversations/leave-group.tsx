import type { ConversationView } from '@parley/client';
import { t } from '../texts/index.ts';
import { Confirm } from '../ui/confirm.tsx';

/** Asks whether the user wants to leave a group. */
export function LeaveGroup({
  view,
  open,
  onCancel,
  onConfirm,
  onClosed,
}: {
  view: ConversationView;
  open: boolean;
  onCancel: () => void;
  onConfirm: () => void;
  /** Called after the question has closed; the focus may now be moved. */
  onClosed?: () => void;
}) {
  return (
    <Confirm
      open={open}
      title={t('details.leaveQuestion')}
      description={
        view.visibility === 'public' ? t('details.leavePublic') : t('details.leavePrivate')
      }
      action={t('details.leave')}
      onCancel={onCancel}
      onConfirm={onConfirm}
      {...(onClosed && { onClosed })}
    />
  );
}
