import type { TimelineMessage } from '@parley/client';
import { DropdownMenu } from 'radix-ui';
import { createPortal } from 'react-dom';
import { t } from '../texts/index.ts';
import { ActionItem } from '../ui/action-menu.tsx';
import { useReturnFocus } from '../ui/return-focus.ts';
import { useAllActions } from './all-actions.tsx';
import type { MoreAction } from './more-actions.tsx';

/** The context menu of a message, open at a point of the window. */
export function MessageMenu({
  at,
  message,
  more,
  onEdit,
  onDelete,
  onClosed,
}: {
  at: { readonly x: number; readonly y: number };
  message: TimelineMessage;
  more: readonly MoreAction[];
  onEdit: () => void;
  onDelete: () => void;
  onClosed: () => void;
}) {
  const actions = useAllActions(message, more, onEdit, onDelete);
  const returnFocus = useReturnFocus(true);
  // The rows of the list may be transformed, which would move what is fixed inside of them.
  return createPortal(
    <DropdownMenu.Root defaultOpen onOpenChange={(now) => !now && onClosed()}>
      <DropdownMenu.Trigger asChild>
        <span aria-hidden className="fixed size-0" style={{ left: at.x, top: at.y }} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="start"
          collisionPadding={12}
          aria-label={t('message.actions')}
          onCloseAutoFocus={returnFocus}
          className="surface-in z-50 max-h-(--radix-dropdown-menu-content-available-height) w-64 overflow-y-auto rounded-xl border border-line bg-raised p-1.5 shadow-overlay"
        >
          {actions.map(({ key, icon, label, danger, run }) => (
            <ActionItem key={key} icon={icon} danger={danger ?? false} onSelect={run}>
              {label}
            </ActionItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>,
    document.body,
  );
}
