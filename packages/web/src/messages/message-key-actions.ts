import type { ActionKey, MoreAction } from './message-action.ts';

/** An action on a message that a key runs: “react” is a button, the others are those of the toolbar. */
export type KeyAction = ActionKey | 'react';

/** The actions of each toolbar, for shortcuts: most actions have no button that a key could press. */
const ofToolbar = new WeakMap<Element, readonly MoreAction[]>();
/** The actions that wait for the toolbar of their message, which is loaded when the message gets the focus. */
const waiting = new WeakMap<Element, KeyAction>();

/** Sets the actions on the message of a toolbar. */
export function setToolbarActions(toolbar: Element | null, actions: readonly MoreAction[]): void {
  if (!toolbar) return;
  ofToolbar.set(toolbar, actions);
  const article = toolbar.closest('article');
  const name = article && waiting.get(article);
  if (!name) return;
  waiting.delete(article);
  // After React has finished this render.
  queueMicrotask(() => runNow(toolbar, name));
}

/**
 * Runs an action on the message that has the focus, or as soon as its toolbar is loaded; not if another element has the
 * focus by then. Returns whether there is such an action, or may be.
 */
export function runByKey(article: HTMLElement, name: KeyAction): boolean {
  const toolbar = article.querySelector('[role="toolbar"]');
  if (toolbar) return runNow(toolbar, name);
  if (article.dataset.hasToolbar === undefined) return false;
  // The keys after the first one are meant for what that one opens.
  if (waiting.has(article)) return true;
  waiting.set(article, name);
  article.addEventListener('blur', () => waiting.delete(article), { once: true });
  return true;
}

/** Runs an action of a rendered toolbar. Returns false if the user may not do that. */
function runNow(toolbar: Element, name: KeyAction): boolean {
  if (name === 'react') {
    const button = toolbar.querySelector<HTMLElement>('button[data-message-action="react"]');
    button?.click();
    return button !== null;
  }
  const action = ofToolbar.get(toolbar)?.find(({ key }) => key === name);
  action?.run();
  return action !== undefined;
}
