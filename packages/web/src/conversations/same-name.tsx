import type { ConversationId } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { keys } from '../queries/keys.ts';
import { pauseInTyping } from '../queries/pause-in-typing.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';

/** The delay between a keystroke and the request, ms. */
const PAUSE_MS = 250;
const FOUND_MAX = 12;

/** Returns a warning for the field of a group’s name, and the handler that keeps it current. */
export function useSameNameWarning(self?: ConversationId) {
  const [name, setName] = useState('');
  const isTaken = useIsTaken(name, self);
  return {
    warning: (
      // Rendered before it has text, so that screen readers announce it.
      <p role="status" className="text-note text-warn empty:hidden">
        {isTaken ? t('createGroup.sameName') : ''}
      </p>
    ),
    setName,
  };
}

/** Returns whether a group that the user can see has this name, other than `self`. */
function useIsTaken(name: string, self: ConversationId | undefined): boolean {
  const client = useClient();
  const conversations = useParley((s) => s.conversations);
  const wanted = keyOf(name);
  const { data: found } = useQuery({
    queryKey: keys.foundNames(wanted, FOUND_MAX),
    queryFn: async ({ signal }) => {
      await pauseInTyping(PAUSE_MS, signal);
      return await client.api.searchNames(wanted, { limit: FOUND_MAX, signal });
    },
    enabled: wanted !== '',
  });
  if (wanted === '') return false;
  const own = [...conversations.values()].filter(({ kind }) => kind === 'group');
  const others = (found ?? []).flatMap((one) => (one.kind === 'group' ? [one] : []));
  return [...own, ...others].some(
    ({ id, name: its }) => id !== self && keyOf(its ?? '') === wanted,
  );
}

const keyOf = (name: string): string => name.trim().replace(/^#/, '').toLocaleLowerCase();
