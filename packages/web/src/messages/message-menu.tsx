import type { TimelineMessage } from '@parley/client';
import { createPortal } from 'react-dom';
import { t } from '../texts/index.ts';
import { MenuAt, type MenuPoint } from '../ui/menu-at.tsx';
import { useReturnFocus } from '../ui/return-focus.ts';
import { useAllActions } from './all-actions.tsx';
import { MenuItems } from './menu-items.tsx';
import type { MoreDialogName } from './more-dialog.tsx';

/** The context menu of a message, open at a point of the window. */
export function MessageMenu({
  at,
  message,
  onOpen,
  onEdit,
  onDelete,
  onClosed,
}: {
  at: MenuPoint;
  message: TimelineMessage;
  onOpen: (dialog: MoreDialogName) => void;
  onEdit: () => void;
  onDelete: () => void;
  onClosed: () => void;
}) {
  const actions = useAllActions(message, onOpen, onEdit, onDelete);
  const returnFocus = useReturnFocus(true);
  // The rows of the list may be transformed, which would move fixed elements inside them.
  return createPortal(
    <MenuAt at={at} label={t('message.actions')} onClosed={onClosed} onCloseAutoFocus={returnFocus}>
      <MenuItems actions={actions} />
    </MenuAt>,
    document.body,
  );
}
