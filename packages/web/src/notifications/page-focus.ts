/** Returns whether the page is visible and has the focus. */
export const isPageFocused = (): boolean =>
  document.visibilityState === 'visible' && document.hasFocus();

/** Returns whether the user is viewing this conversation. */
export const isViewing = (conversation: string): boolean =>
  isPageFocused() && location.pathname === `/c/${conversation}`;
