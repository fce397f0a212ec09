import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { wasPointerUsedLast } from '../lib/last-input.ts';
import { MENU } from './menu-style.ts';

/** Where a menu opens in the window, px. */
export interface MenuPoint {
  readonly x: number;
  readonly y: number;
}

/** Focuses the first item, as after a key on the button of a menu; with a mouse, the menu as a whole keeps the focus. */
function focusFirstItem(menu: HTMLElement | null): void {
  if (menu === null || wasPointerUsedLast()) return;
  // The menu takes the focus when it is mounted.
  requestAnimationFrame(() => menu.querySelector<HTMLElement>('[role^=menuitem]')?.focus());
}

/**
 * A menu that is open at a point, such as that of a right click.
 *
 * @param onCloseAutoFocus decides where the focus goes: no button has opened the menu
 */
export function MenuAt({
  at,
  label,
  onClosed,
  onCloseAutoFocus,
  children,
}: {
  at: MenuPoint;
  label: string;
  onClosed: () => void;
  onCloseAutoFocus: (event: Event) => void;
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Root defaultOpen onOpenChange={(now) => !now && onClosed()}>
      <DropdownMenu.Trigger asChild>
        <span aria-hidden className="fixed size-0" style={{ left: at.x, top: at.y }} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          ref={focusFirstItem}
          align="start"
          collisionPadding={12}
          aria-label={label}
          onCloseAutoFocus={onCloseAutoFocus}
          className={`${MENU} w-64`}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
