import type { ClientSnapshot, ParleyClient } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import { createContext, useCallback, useContext, useRef, useSyncExternalStore } from 'react';

const Context = createContext<{ client: ParleyClient; account: AccountId } | null>(null);
/** Provides the client and the account of the session to the components below. */
export const SessionProvider = Context.Provider;

function useContextOfSession() {
  const session = useContext(Context);
  if (!session) throw new Error('This component needs a session');
  return session;
}

/** Returns the client of the session; null on pages without one. */
export const useOptionalClient = (): ParleyClient | null => useContext(Context)?.client ?? null;

/** Returns the client of the session. */
export const useClient = (): ParleyClient => useContextOfSession().client;

const noChange = () => () => undefined;

/**
 * Returns a function that subscribes to changes of the snapshot; the same at each render, so React
 * subscribes once.
 */
function useSubscribe(client: ParleyClient | null): (listener: () => void) => () => void {
  return useCallback((listener) => client?.subscribe(listener) ?? noChange(), [client]);
}

/** Returns the account of the session, which is known before the server has answered. */
export const useAccountId = (): AccountId => useContextOfSession().account;

/** Returns a part of the client’s snapshot; the component is rendered again when that part changes. */
export function useParley<T>(select: (snapshot: ClientSnapshot) => T): T {
  const client = useClient();
  const last = useRef<{ snapshot: ClientSnapshot; select: unknown; value: T } | null>(null);
  return useSyncExternalStore(useSubscribe(client), () => {
    const { snapshot } = client;
    if (last.current?.snapshot === snapshot && last.current.select === select)
      return last.current.value;
    const value = select(snapshot);
    last.current = { snapshot, select, value };
    return value;
  });
}
