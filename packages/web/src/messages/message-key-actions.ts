import type { MoreAction } from './message-action.ts';

/** The actions of each toolbar, for shortcuts: most actions have no button that a key could press. */
const ofToolbar = new WeakMap<Element, readonly MoreAction[]>();

/** Sets the actions on the message of a toolbar. */
export function setToolbarActions(toolbar: Element | null, actions: readonly MoreAction[]): void {
  if (toolbar) ofToolbar.set(toolbar, actions);
}

/** Returns an action on the message of a toolbar by name; undefined if the user may not do that. */
export const toolbarAction = (toolbar: Element | null, name: string): MoreAction | undefined =>
  toolbar ? ofToolbar.get(toolbar)?.find(({ key }) => key === name) : undefined;
