import { createContext, useContext } from 'react';

const Context = createContext<Set<string>>(new Set());

/** Provides the ids of long messages that are shown in full. */
export const ExpandedProvider = Context.Provider;

/**
 * Returns the ids of long messages that are shown in full. The set outlives the rows: the list
 * unmounts rows outside the viewport, and a message must not fold again when that happens.
 */
export function useExpanded(): Set<string> {
  return useContext(Context);
}
