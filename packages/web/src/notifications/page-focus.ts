/** Returns whether the page is visible and has the focus. */
export const isPageFocused = (): boolean =>
  document.visibilityState === 'visible' && document.hasFocus();

/** Returns whether the user is viewing this conversation, or with `thread` this thread of it. */
export function isViewing(conversation: string, thread?: number): boolean {
  if (!isPageFocused() || location.pathname !== `/c/${conversation}`) return false;
  return thread === undefined || new URLSearchParams(location.search).get('thread') === `${thread}`;
}
