import type { MoreAction } from './more-actions.tsx';

/** The actions of each toolbar: most of them have no button that a key could press. */
const ofToolbar = new WeakMap<Element, readonly MoreAction[]>();

/** Keeps the actions of the message of a toolbar. */
export function keepActions(toolbar: Element | null, actions: readonly MoreAction[]): void {
  if (toolbar) ofToolbar.set(toolbar, actions);
}

/** Returns the action with a name on the message of a toolbar; undefined if the user may not do that. */
export const keptAction = (toolbar: Element | null, name: string): MoreAction | undefined =>
  toolbar ? ofToolbar.get(toolbar)?.find(({ key }) => key === name) : undefined;
