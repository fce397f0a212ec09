import type { ConversationId, Seq } from '@parley/protocol';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { useMedia } from '../ui/use-media.ts';
import type { DetailsPart } from './details.tsx';

/** The panes next to a conversation: its details, and one of its threads. */
export interface Panes {
  /** The part of the details that is open. */
  readonly details: DetailsPart | null;
  /** Whether the details were open before: once loaded they stay, because they return the focus. */
  readonly hasDetails: boolean;
  readonly showDetails: (part: DetailsPart | null) => void;
  /** The root of the thread that is open; it is in the URL. */
  readonly thread: number | undefined;
  /** Opens the thread of a message; without one, closes the open thread. */
  readonly openThread: (root?: Seq) => void;
  /** Whether the panes are shown next to the conversation, and not above it. */
  readonly isWide: boolean;
}

/** Holds which pane is open next to a conversation. On a wide screen there is space for one. */
export function usePanes(conversation: ConversationId): Panes {
  const { thread } = useSearch({ from: '/inside/c/$id' });
  const navigate = useNavigate();
  const isWide = useMedia('(min-width: 64rem)');
  const [details, setDetails] = useState<DetailsPart | null>(null);
  const [hasDetails, setHasDetails] = useState(false);
  if (details !== null && !hasDetails) setHasDetails(true);
  const openThread = useCallback(
    (root?: Seq) =>
      void navigate({
        to: '/c/$id',
        params: { id: conversation },
        search: root === undefined ? {} : { thread: root },
      }),
    [navigate, conversation],
  );
  const showDetails = (part: DetailsPart | null) => {
    if (part !== null && isWide && thread !== undefined) openThread();
    setDetails(part);
  };
  useEffect(() => {
    if (thread !== undefined) setDetails(null);
  }, [thread]);
  return { details, hasDetails, showDetails, thread, openThread, isWide };
}
