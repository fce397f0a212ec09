import type { ParleyClient } from '@parley/client';
import type { FoundMessage, FoundName } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { useClient } from '../session/use-client.ts';

/** The delay between a keystroke and the requests, ms: for names, and for messages. */
const NAMES_MS = 80;
const MESSAGES_MS = 250;
/** Maximum numbers of results. */
const NAMES = 12;
const MESSAGES = 5;

/** Returns the users and groups that the server finds for a text; none without a text, until it has answered, and offline. */
export function useFoundNames(text: string): readonly FoundName[] {
  return useFound(text, NAMES_MS, requestNames);
}

/** Returns the first messages that the server finds for a text. */
export function useFoundMessages(text: string): readonly FoundMessage[] {
  return useFound(text, MESSAGES_MS, requestMessages);
}

type Request<T> = (
  client: ParleyClient,
  text: string,
  signal: AbortSignal,
) => Promise<readonly T[]>;

const requestNames: Request<FoundName> = (client, text, signal) =>
  client.api.searchNames(text, { limit: NAMES, signal });

const requestMessages: Request<FoundMessage> = async (client, text, signal) => {
  const { items } = await client.api.searchMessages({ query: text, limit: MESSAGES }, { signal });
  return items;
};

const NONE: readonly never[] = [];

/** `request` must be the same function at each render. */
function useFound<T>(text: string, delay: number, request: Request<T>): readonly T[] {
  const client = useClient();
  const [found, setFound] = useState<{ text: string; items: readonly T[] } | null>(null);
  useEffect(() => {
    if (text.trim() === '') return;
    const aborted = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const items = await request(client, text, aborted.signal);
        if (!aborted.signal.aborted) setFound({ text, items });
      } catch {
        // Offline or aborted: what is known here stays.
      }
    }, delay);
    return () => {
      clearTimeout(timer);
      aborted.abort();
    };
  }, [client, text, delay, request]);
  return found?.text === text ? found.items : NONE;
}
