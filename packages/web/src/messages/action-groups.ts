import type { ActionKey, MoreAction } from './message-action.ts';

/** A menu inside the menu of a message. */
export type Submenu = 'remind' | 'more';

/** An entry in the menu of a message: an action, or a submenu of actions. */
export type MenuEntry = MoreAction | { readonly submenu: Submenu; readonly actions: MoreAction[] };

/** The actions of the submenus: the reminders, and what is rarely needed. */
const SUBMENUS: Readonly<Record<Submenu, readonly ActionKey[]>> = {
  remind: ['remindSoon', 'remindTomorrow', 'remindAt'],
  more: ['copyText', 'seenBy', 'why'],
};

/** The groups of the menu, between which there are lines. What removes something is last. */
const GROUPS: readonly (readonly (ActionKey | Submenu)[])[] = [
  ['reply', 'thread', 'forward'],
  ['unread', 'save', 'remind', 'pin'],
  ['edit', 'copyLink', 'more'],
  ['readHidden', 'unhide', 'hide', 'report', 'delete'],
];

const isSubmenu = (name: ActionKey | Submenu): name is Submenu => Object.hasOwn(SUBMENUS, name);

/** Returns the entries of the menu of a message in groups; a submenu of one action is replaced by the action. */
export function groupsOf(actions: readonly MoreAction[]): MenuEntry[][] {
  const named = (name: ActionKey) => actions.filter(({ key }) => key === name);
  const entriesOf = (name: ActionKey | Submenu): MenuEntry[] => {
    if (!isSubmenu(name)) return named(name);
    const inside = SUBMENUS[name].flatMap(named);
    return inside.length > 1 ? [{ submenu: name, actions: inside }] : inside;
  };
  return GROUPS.map((names) => names.flatMap(entriesOf)).filter(({ length }) => length > 0);
}
