import { newId } from '@parley/client';
import type { ClientId } from '@parley/protocol';
import { useRef } from 'react';

/**
 * Returns a function that gives each command of a dialog, named by a key of what it does, one id for as
 * long as the dialog is open: a command sent again after a lost response is executed once.
 */
export function useCommandIds(): (key: string) => ClientId {
  const ids = useRef(new Map<string, ClientId>());
  return (key) => {
    const id = ids.current.get(key) ?? newId();
    ids.current.set(key, id);
    return id;
  };
}
