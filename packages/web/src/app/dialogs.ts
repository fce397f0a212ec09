import { createContext, useContext } from 'react';
import type { SidebarDialog } from '../sidebar/dialogs.tsx';

const Dialogs = createContext<(dialog: SidebarDialog) => void>(() => undefined);

/** Provides the function of {@link useOpenDialog}. */
export const DialogsProvider = Dialogs.Provider;

/** Returns a function that opens a dialog that starts a conversation or finds a group. */
export const useOpenDialog = (): ((dialog: SidebarDialog) => void) => useContext(Dialogs);
