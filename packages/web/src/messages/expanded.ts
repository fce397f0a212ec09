import { createContext, useContext } from 'react';

const Context = createContext<Set<string>>(new Set());

/** Gives the rows below the set of messages that are shown in full. */
export const ExpandedProvider = Context.Provider;

/**
 * Returns the ids of long messages that are shown in full. It outlives the rows: a list draws only
 * what is on screen, and a message must not fold when it is scrolled out of sight.
 */
export function useExpanded(): Set<string> {
  return useContext(Context);
}
