import { type ConversationView, permissionsOn, type TimelineMessage } from '@parley/client';
import { rowsOf } from './rows.ts';

/** Returns the key of the user’s last message that they may edit, or undefined. */
export function lastEditable(
  view: ConversationView,
  messages: readonly TimelineMessage[],
  me: Parameters<typeof permissionsOn>[2],
): string | undefined {
  return rowsOf(messages, null, me?.id ?? null).findLast(
    (row) =>
      row.kind === 'message' &&
      row.message.author === me?.id &&
      permissionsOn(view, row.message, me).includes('edit'),
  )?.key;
}
