import type { ClientSnapshot, ParleyClient } from '@parley/client';
import { createContext, useContext, useRef, useSyncExternalStore } from 'react';

const Context = createContext<ParleyClient | null>(null);
/** Gives the pages below the client of the session. */
export const ClientProvider = Context.Provider;

/** The client of the session. */
export function useClient(): ParleyClient {
  const client = useContext(Context);
  if (!client) throw new Error('useClient stands outside of a session');
  return client;
}

/** A part of the client’s snapshot; the component is drawn again when that part changes. */
export function useParley<T>(select: (snapshot: ClientSnapshot) => T): T {
  const client = useClient();
  const last = useRef<{ snapshot: ClientSnapshot; select: unknown; value: T } | null>(null);
  return useSyncExternalStore(
    (listener) => client.subscribe(listener),
    () => {
      const { snapshot } = client;
      if (last.current?.snapshot === snapshot && last.current.select === select)
        return last.current.value;
      const value = select(snapshot);
      last.current = { snapshot, select, value };
      return value;
    },
  );
}
