import { ChevronRight, EllipsisVertical } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { type ReactNode, useRef, useState } from 'react';
import { cx } from './cx.ts';
import { MENU, MENU_ITEM, MENU_LINE } from './menu-style.ts';
import { useReturnFocus } from './return-focus.ts';

/** A menu of actions for one item. Not modal: the rest of the page stays readable for screen readers. */
export function ActionMenu({
  label,
  tabIndex,
  children,
}: {
  label: string;
  tabIndex?: number;
  children: ReactNode;
}) {
  const [isOpen, setOpen] = useState(false);
  // The action may remove its own menu, such as deleting or editing the message.
  const trigger = useRef<HTMLButtonElement>(null);
  const returnFocus = useReturnFocus(isOpen, trigger);
  return (
    <DropdownMenu.Root modal={false} open={isOpen} onOpenChange={setOpen}>
      <DropdownMenu.Trigger
        ref={trigger}
        aria-label={label}
        tabIndex={tabIndex}
        className="inline-flex size-10 pointer-coarse:size-11 shrink-0 items-center justify-center rounded-lg text-muted transition-colors hover:bg-hover hover:text-ink"
      >
        <EllipsisVertical size={18} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          collisionPadding={12}
          onCloseAutoFocus={returnFocus}
          className={`${MENU} w-60`}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** One action of an {@link ActionMenu}. */
export function ActionItem({
  icon,
  danger = false,
  onSelect,
  children,
}: {
  icon: ReactNode;
  danger?: boolean;
  onSelect: () => void;
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Item
      onSelect={onSelect}
      className={cx(MENU_ITEM, danger && 'text-danger! data-[highlighted]:bg-danger-soft')}
    >
      {icon} {children}
    </DropdownMenu.Item>
  );
}

/** A menu that opens beside its item in an {@link ActionMenu}. */
export function ActionSubmenu({
  icon,
  label,
  children,
}: {
  icon: ReactNode;
  label: string;
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Sub>
      <DropdownMenu.SubTrigger className={cx(MENU_ITEM, 'data-[state=open]:bg-hover')}>
        {icon} <span className="flex-1">{label}</span>
        <ChevronRight size={16} aria-hidden="true" className="text-muted" />
      </DropdownMenu.SubTrigger>
      <DropdownMenu.Portal>
        <DropdownMenu.SubContent sideOffset={4} collisionPadding={12} className={`${MENU} w-64`}>
          {children}
        </DropdownMenu.SubContent>
      </DropdownMenu.Portal>
    </DropdownMenu.Sub>
  );
}

/** A line between two groups of actions. */
export const MenuLine = () => <DropdownMenu.Separator className={MENU_LINE} />;
