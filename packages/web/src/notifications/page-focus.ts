/** Returns whether the page is visible and has the focus. */
export const isPageFocused = (): boolean =>
  document.visibilityState === 'visible' && document.hasFocus();

/** The width from which a thread is shown next to its conversation, not over it: Tailwind’s `lg`. */
const BESIDE = '(min-width: 64rem)';

/** Returns whether the user is viewing this conversation, or with `thread` this thread of it. */
export function isViewing(conversation: string, thread?: number): boolean {
  if (!isPageFocused() || location.pathname !== `/c/${conversation}`) return false;
  const openThread = new URLSearchParams(location.search).get('thread');
  if (thread !== undefined) return openThread === `${thread}`;
  return openThread === null || window.matchMedia(BESIDE).matches;
}
