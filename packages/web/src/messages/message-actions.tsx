import type { TimelineMessage } from '@parley/client';
import { t } from '../texts/index.ts';
import { ActionMenu } from '../ui/action-menu.tsx';
import { IconButton } from '../ui/button.tsx';
import { useAllActions } from './all-actions.tsx';
import { MenuItems } from './menu-items.tsx';
import type { ActionKey } from './message-action.ts';
import { setToolbarActions } from './message-key-actions.ts';
import type { MoreDialogName } from './more-dialog.tsx';
import { QuickReactions, ReactionPicker } from './reactions.tsx';
import { useThreadLinks } from './thread-link.ts';
import { usePermissions } from './use-permissions.ts';

/** The actions with a separate button next to reactions and the menu, in this order. */
const BUTTONS = ['reply', 'thread', 'forward', 'save'] as const;
const BUTTONS_MAX = 3;

/**
 * The actions on a message, shown while the mouse or the focus is on it: reactions, the up to three most used actions,
 * and a menu of the others. useMessageKeys moves the focus to them, and runs them by their keys.
 */
export function MessageActions({
  message,
  onOpen,
  onEdit,
  onDelete,
}: {
  message: TimelineMessage;
  onOpen: (dialog: MoreDialogName) => void;
  onEdit: () => void;
  onDelete: () => void;
}) {
  const may = usePermissions(message);
  // A thread is too narrow for them: the toolbar would cover short replies.
  const links = useThreadLinks();
  const actions = useAllActions(message, onOpen, onEdit, onDelete);
  const named = (name: ActionKey) => actions.filter(({ key }) => key === name);
  const isReplied = named('reply').length > 0;
  const buttons = BUTTONS.filter((name) => name !== 'forward' || !isReplied)
    .flatMap(named)
    .slice(0, BUTTONS_MAX);
  return (
    <div
      role="toolbar"
      ref={(toolbar) => setToolbarActions(toolbar, actions)}
      aria-label={t('message.actions')}
      className="absolute -top-4 end-4 flex rounded-lg border border-line bg-raised p-0.5 opacity-0 shadow-raised group-focus-visible:opacity-100 focus-within:opacity-100 group-hover:opacity-100 has-data-[state=open]:opacity-100"
    >
      {may('react') && (
        <>
          {links && <QuickReactions message={message} />}
          <ReactionPicker message={message} />
        </>
      )}
      {buttons.map(({ key, icon, label, run }) => (
        <IconButton key={key} label={label} tabIndex={-1} className="size-9" onClick={run}>
          {icon}
        </IconButton>
      ))}
      <ActionMenu label={t('message.more')} tabIndex={-1}>
        <MenuItems actions={actions.filter((action) => !buttons.includes(action))} />
      </ActionMenu>
    </div>
  );
}
