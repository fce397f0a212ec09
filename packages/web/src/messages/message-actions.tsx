import type { TimelineMessage } from '@parley/client';
import { MessagesSquare, Pencil, Pin, PinOff, Reply, Trash2 } from 'lucide-react';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { ActionItem, ActionMenu } from '../ui/action-menu.tsx';
import { IconButton } from '../ui/button.tsx';
import type { MoreAction } from './more-actions.tsx';
import { useQuotes } from './quoted-messages.ts';
import { ReactionPicker } from './reactions.tsx';
import { useThreadLinks } from './thread-link.ts';
import { usePermissions } from './use-permissions.ts';

/** The actions on a message, shown while the mouse or the focus is on it. useMessageKeys moves the focus to them. */
export function MessageActions({
  message,
  more,
  onEdit,
  onDelete,
}: {
  message: TimelineMessage;
  more: readonly MoreAction[];
  onEdit: () => void;
  onDelete: () => void;
}) {
  const may = usePermissions(message);
  const togglePin = useTogglePin(message);
  const { reply } = useQuotes();
  const links = useThreadLinks();
  return (
    <div
      role="toolbar"
      aria-label={t('message.actions')}
      className="absolute -top-4 end-4 flex rounded-lg border border-line bg-raised p-0.5 opacity-0 shadow-raised group-focus-visible:opacity-100 focus-within:opacity-100 group-hover:opacity-100 has-data-[state=open]:opacity-100"
    >
      {may('react') && <ReactionPicker message={message} />}
      {reply && (
        <IconButton
          label={t('message.reply')}
          tabIndex={-1}
          data-message-action="reply"
          className="size-9"
          onClick={() => reply(message.seq)}
        >
          <Reply size={16} />
        </IconButton>
      )}
      {links?.mayReply && (
        <IconButton
          label={t('thread.replyIn')}
          tabIndex={-1}
          data-message-action="thread"
          className="size-9"
          onClick={() => links.open(message.thread ?? message.seq)}
        >
          <MessagesSquare size={16} />
        </IconButton>
      )}
      {may('pin') && (
        <IconButton
          label={message.pinned ? t('message.unpin') : t('message.pin')}
          tabIndex={-1}
          data-message-action="pin"
          className="size-9"
          onClick={togglePin}
        >
          {message.pinned ? <PinOff size={16} /> : <Pin size={16} />}
        </IconButton>
      )}
      {may('edit') && (
        <IconButton
          tabIndex={-1}
          data-message-action="edit"
          label={t('message.edit')}
          className="size-9"
          onClick={onEdit}
        >
          <Pencil size={16} />
        </IconButton>
      )}
      {may('delete') && (
        <IconButton
          tabIndex={-1}
          data-message-action="delete"
          label={t('message.delete')}
          className="size-9"
          onClick={onDelete}
        >
          <Trash2 size={16} />
        </IconButton>
      )}
      <ActionMenu label={t('message.more')} tabIndex={-1}>
        {more
          .filter(({ key }) => key !== 'thread')
          .map(({ key, icon, label, run }) => (
            <ActionItem key={key} icon={icon} onSelect={run}>
              {label}
            </ActionItem>
          ))}
      </ActionMenu>
    </div>
  );
}

/** Returns a function that pins the message, or removes its pin. */
export function useTogglePin({ conversation, seq, pinned }: TimelineMessage): () => void {
  const client = useClient();
  return () => {
    if (pinned) client.unpin(conversation, seq);
    else client.pin(conversation, seq);
  };
}
