import type { ConversationView } from '@parley/client';
import { useRef, useState } from 'react';
import { useParley } from '../session/use-client.ts';

/** Whether the open conversation was marked as unread, here or on another device. */
export interface MarkedUnread {
  /** Visible messages are then not marked as read until {@link resume} or the next visit. */
  readonly isPaused: () => boolean;
  /** Resumes marking as read: the user went to the newest message. */
  readonly resume: () => void;
}

/** Watches the revision of the conversation’s read cursor. */
export function useMarkedUnread(view: ConversationView): MarkedUnread {
  const isLive = useParley((s) => s.state) === 'live';
  // A cached conversation may have been marked as unread before this visit.
  const previous = useRef({ id: view.id, revision: view.readRevision, isLive: false });
  const paused = useRef(false);
  const { id, revision, isLive: wasLive } = previous.current;
  if (id !== view.id) paused.current = false;
  else if (wasLive && revision !== view.readRevision) paused.current = true;
  previous.current = { id: view.id, revision: view.readRevision, isLive };
  const [marked] = useState<MarkedUnread>(() => ({
    isPaused: () => paused.current,
    resume: () => {
      paused.current = false;
    },
  }));
  return marked;
}
