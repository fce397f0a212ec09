/** Whether the page is before the person’s eyes. */
export const looks = (): boolean => document.visibilityState === 'visible' && document.hasFocus();

/** Whether this conversation is before the person’s eyes. */
export const looksAt = (conversation: string): boolean =>
  looks() && location.pathname === `/c/${conversation}`;
