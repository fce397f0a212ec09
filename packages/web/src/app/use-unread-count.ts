import { useMuted } from '../notifications/use-muted.ts';
import { useParley } from '../session/use-client.ts';

/** Returns the number of unread messages in all conversations; of muted ones only those with mentions count. */
export function useUnreadCount(): number {
  const isMuted = useMuted();
  return useParley((s) => {
    let n = 0;
    for (const view of s.conversations.values()) {
      if (view.unread === 0 && view.unreadMentions.length === 0) continue;
      n += isMuted(view.id) ? view.unreadMentions.length : view.unread;
    }
    return n;
  });
}
