import type { ConversationView } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { useEffect, useMemo, useRef } from 'react';
import { titleOf } from '../conversations/naming.ts';
import { useMuted } from '../notifications/use-muted.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { type Arrangement, type Attention, activityOf, arrange } from './arrangement.ts';

/**
 * Returns the conversations in their sections. While `isHeld`, messages and reading move no row and hide none: the
 * pointer is over them.
 */
export function useArrangement(
  isHeld: boolean,
  open: ConversationId | undefined,
): { arrangement: Arrangement; isMuted: (id: ConversationId) => boolean } {
  const client = useClient();
  const isLive = useParley((s) => s.state) === 'live';
  const conversations = useParley((s) => s.conversations);
  const users = useParley((s) => s.users);
  const sidebar = useParley((s) => s.sidebar);
  const isMuted = useMuted();
  useEffect(() => {
    // Tried again with the next connection.
    if (isLive) client.sidebar.load().catch(() => undefined);
  }, [client, isLive]);
  const now = attentionOf(conversations.values(), isMuted);
  const held = useRef(now);
  if (!isHeld && !isSame(held.current, now)) held.current = now;
  const attention = held.current;
  const arrangement = useMemo(
    () =>
      arrange({
        conversations,
        titleOf: (view) => titleOf(view, users),
        sidebar,
        attention,
        open,
      }),
    [conversations, users, sidebar, attention, open],
  );
  return { arrangement, isMuted };
}

/** Returns whether a conversation has what the user wants to see: of a muted one only mentions. */
export const isUnread = (view: ConversationView, isMuted: boolean): boolean =>
  view.unreadMentions.length > 0 || (view.unread > 0 && !isMuted);

function attentionOf(
  views: Iterable<ConversationView>,
  isMuted: (id: ConversationId) => boolean,
): Attention {
  const activity = new Map<ConversationId, string>();
  const unread = new Set<ConversationId>();
  for (const view of views) {
    activity.set(view.id, activityOf(view));
    if (isUnread(view, isMuted(view.id))) unread.add(view.id);
  }
  return { activity, unread };
}

function isSame(a: Attention, b: Attention): boolean {
  if (a.unread.size !== b.unread.size || a.activity.size !== b.activity.size) return false;
  for (const id of b.unread) if (!a.unread.has(id)) return false;
  for (const [id, at] of b.activity) if (a.activity.get(id) !== at) return false;
  return true;
}
