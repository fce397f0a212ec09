import type { Seq } from '@parley/protocol';
import { useCallback, useMemo, useRef } from 'react';
import { wasPointerUsedLast } from '../lib/last-input.ts';
import type { ThreadLinks } from '../messages/thread-link.ts';

/**
 * Returns the links to threads, and a function that focuses the message whose thread was opened last. It does so only if
 * the keyboard opened the thread: after a click, what is typed belongs to the message field, and not to the shortcuts of
 * a message.
 */
export function useThreadOpener(
  openThread: (root: Seq) => void,
  mayReply: boolean,
): { readonly links: ThreadLinks; readonly focusOpener: () => void } {
  const opener = useRef<Seq | null>(null);
  const links = useMemo(() => {
    const open = (root: Seq, from = root) => {
      opener.current = wasPointerUsedLast() ? null : from;
      openThread(root);
    };
    return { open, mayReply };
  }, [openThread, mayReply]);
  const focusOpener = useCallback(() => {
    const message = document.querySelector<HTMLElement>(
      `[role="log"] [data-seq="${opener.current}"]`,
    );
    opener.current = null;
    message?.focus({ preventScroll: true });
    message?.scrollIntoView({ block: 'nearest' });
  }, []);
  return { links, focusOpener };
}
