import type { ConversationId } from '@parley/protocol';
import { useEffect } from 'react';

const KEPT = 30;
let visited: readonly ConversationId[] = [];

/** Remembers the conversations that are opened in this tab, for the quick switcher. */
export function useVisits(open: ConversationId | undefined): void {
  useEffect(() => {
    if (open) visited = [open, ...visited.filter((id) => id !== open)].slice(0, KEPT);
  }, [open]);
}

/** Returns the conversations that were opened in this tab, the last one first. */
export const visits = (): readonly ConversationId[] => visited;
