import type { FoundMessage, FoundName } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { keys } from '../queries/keys.ts';
import { pauseInTyping } from '../queries/pause-in-typing.ts';
import { useClient } from '../session/use-client.ts';

/** The delay between a keystroke and the requests, ms: for names, and for messages. */
const NAMES_MS = 80;
const MESSAGES_MS = 250;
/** Maximum numbers of results. */
const NAMES = 12;
const MESSAGES = 5;

const NONE: readonly never[] = [];

/** Returns the users and groups that the server finds for a text; none without a text, until it has answered, and offline. */
export function useFoundNames(text: string): readonly FoundName[] {
  const client = useClient();
  const { data } = useQuery({
    queryKey: keys.foundNames(text, NAMES),
    queryFn: async ({ signal }) => {
      await pauseInTyping(NAMES_MS, signal);
      return await client.api.searchNames(text, { limit: NAMES, signal });
    },
    enabled: text.trim() !== '',
  });
  return data ?? NONE;
}

/** Returns the first messages that the server finds for a text. */
export function useFoundMessages(text: string): readonly FoundMessage[] {
  const client = useClient();
  const { data } = useQuery({
    queryKey: keys.foundMessages(text),
    queryFn: async ({ signal }) => {
      await pauseInTyping(MESSAGES_MS, signal);
      const request = { query: text, limit: MESSAGES };
      return (await client.api.searchMessages(request, { signal })).items;
    },
    enabled: text.trim() !== '',
  });
  return data ?? NONE;
}
