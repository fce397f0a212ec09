import { AlarmClock, Ellipsis } from 'lucide-react';
import { Fragment } from 'react';
import { t } from '../texts/index.ts';
import { ActionItem, ActionSubmenu, MenuLine } from '../ui/action-menu.tsx';
import { groupsOf, type Submenu } from './action-groups.ts';
import type { MoreAction } from './message-action.ts';

const SUBMENUS = {
  remind: { Icon: AlarmClock, label: 'message.remind' },
  more: { Icon: Ellipsis, label: 'message.moreMenu' },
} as const;

/** Returns the icon and the label of a submenu. */
export function submenuLook(name: Submenu) {
  const { Icon, label } = SUBMENUS[name];
  return { icon: <Icon size={16} />, label: t(label) };
}

/** The items of the menu of a message, in groups and submenus. */
export function MenuItems({ actions }: { actions: readonly MoreAction[] }) {
  return groupsOf(actions).map((entries, n) => (
    <Fragment key={entries.map((entry) => ('submenu' in entry ? entry.submenu : entry.key)).join()}>
      {n > 0 && <MenuLine />}
      {entries.map((entry) =>
        'submenu' in entry ? (
          <ActionSubmenu key={entry.submenu} {...submenuLook(entry.submenu)}>
            {entry.actions.map((action) => (
              <Item key={action.key} action={action} />
            ))}
          </ActionSubmenu>
        ) : (
          <Item key={entry.key} action={entry} />
        ),
      )}
    </Fragment>
  ));
}

function Item({ action: { icon, label, danger, run } }: { action: MoreAction }) {
  return (
    <ActionItem icon={icon} danger={danger ?? false} onSelect={run}>
      {label}
    </ActionItem>
  );
}
