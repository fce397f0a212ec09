import type { TimelineMessage } from '@parley/client';
import { EllipsisVertical } from 'lucide-react';
import { useState } from 'react';
import { lazyPart } from '../queries/lazy-part.tsx';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { MessageActions } from './lazy-message-actions.ts';
import type { MoreDialogName } from './more-dialog.tsx';
import type { RowMenusState } from './use-row-menus.ts';

const MessageSheet = lazyPart(async () => (await import('./message-sheet.tsx')).MessageSheet);
const MessageMenu = lazyPart(async () => (await import('./message-menu.tsx')).MessageMenu);
const MoreDialog = lazyPart(async () => (await import('./more-dialog.tsx')).MoreDialog);

/** The actions on a message: its toolbar, menu or sheet, and the dialog that an action has opened. */
export function RowMenus({
  message,
  author,
  menus,
  onEdit,
  onDelete,
}: {
  message: TimelineMessage;
  author: string;
  menus: RowMenusState;
  onEdit: () => void;
  onDelete: () => void;
}) {
  const [dialog, setDialog] = useState<MoreDialogName | null>(null);
  const { isTouch, isActionable, menuAt, setSheetOpen } = menus;
  const actions = { message, onOpen: setDialog, onEdit, onDelete };
  return (
    <>
      {isTouch && (
        <div className="-ms-3 w-11 shrink-0">
          {isActionable && (
            <IconButton
              label={t('message.actions')}
              data-actions
              className="-my-1.5 opacity-70"
              onClick={() => setSheetOpen(true)}
            >
              <EllipsisVertical size={16} />
            </IconButton>
          )}
        </div>
      )}
      {menus.isToolbarRendered && <MessageActions {...actions} />}
      {menuAt && isActionable && (
        <MessageMenu {...actions} at={menuAt} onClosed={menus.closeMenu} />
      )}
      {menus.isSheetOpen && isActionable && (
        <MessageSheet {...actions} author={author} onClose={() => setSheetOpen(false)} />
      )}
      {dialog && <MoreDialog name={dialog} message={message} onClose={() => setDialog(null)} />}
    </>
  );
}
