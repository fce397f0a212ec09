import type { TimelineMessage } from '@parley/client';
import { Pencil, Pin, PinOff, Reply, Trash2 } from 'lucide-react';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import type { MoreAction } from './message-action.ts';
import { useMoreActions } from './more-actions.tsx';
import type { MoreDialogName } from './more-dialog.tsx';
import { useQuotes } from './quoted-messages.ts';
import { insertQuote, selectedIn } from './selected-quote.ts';
import { usePermissions } from './use-permissions.ts';

/** Returns all actions on a message except reactions, for its toolbar, its context menu and its menu on touch screens. */
export function useAllActions(
  message: TimelineMessage,
  onOpen: (dialog: MoreDialogName) => void,
  onEdit: () => void,
  onDelete: () => void,
): readonly MoreAction[] {
  const may = usePermissions(message);
  const togglePin = useTogglePin(message);
  const more = useMoreActions(message, onOpen);
  const { reply } = useQuotes();
  const actions: MoreAction[] = [];
  if (reply) {
    const run = () => {
      const selected = selectedIn(message.seq);
      reply(message.seq);
      // A reply shows the start of the message: what was selected may be another part of it.
      if (selected !== '') insertQuote(selected);
    };
    actions.push({ key: 'reply', icon: <Reply size={16} />, label: t('message.reply'), run });
  }
  actions.push(...more);
  if (may('pin')) {
    actions.push({
      key: 'pin',
      icon: message.pinned ? <PinOff size={16} /> : <Pin size={16} />,
      label: message.pinned ? t('message.unpin') : t('message.pin'),
      run: togglePin,
    });
  }
  if (may('edit')) {
    actions.push({
      key: 'edit',
      icon: <Pencil size={16} />,
      label: t('message.edit'),
      run: onEdit,
    });
  }
  if (may('delete')) {
    actions.push({
      key: 'delete',
      icon: <Trash2 size={16} />,
      label: t('message.delete'),
      danger: true,
      run: onDelete,
    });
  }
  return actions;
}

/** Returns a function that pins or unpins the message. */
function useTogglePin({ conversation, seq, pinned }: TimelineMessage): () => void {
  const client = useClient();
  return () => {
    if (pinned) client.unpin(conversation, seq);
    else client.pin(conversation, seq);
  };
}
