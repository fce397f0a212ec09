import type { Seq } from '@parley/protocol';
import { createContext, useContext } from 'react';

/** Opens threads from the messages of a conversation. */
export interface ThreadLinks {
  /** Opens the thread of a message; `from`: the message whose actions did, if that is not the root. */
  open(root: Seq, from?: Seq): void;
  /** Whether the user may reply in threads. */
  readonly mayReply: boolean;
}

const Context = createContext<ThreadLinks | null>(null);

/** Provides {@link useThreadLinks}; null within a thread, which has no threads. */
export const ThreadLinksProvider = Context.Provider;

/** Returns the links to threads; null within a thread. */
export const useThreadLinks = (): ThreadLinks | null => useContext(Context);
