import { Popover as Radix } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { cx } from './cx.ts';

/** Shows something next to its trigger, which stays in its place on the page. */
export function Popover({
  label,
  trigger,
  className,
  children,
}: {
  /** The name of what is shown, for screen readers. */
  label: string;
  /** A button. */
  trigger: ReactElement;
  className?: string;
  children: ReactNode;
}) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          sideOffset={6}
          collisionPadding={12}
          className={cx(OVERLAY, 'w-72 p-4 outline-none', className)}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** The look of what floats above the page: menus and popovers. */
const OVERLAY =
  'surface-in z-50 rounded-xl border border-line bg-raised shadow-overlay max-w-[calc(100vw-1rem)]';
