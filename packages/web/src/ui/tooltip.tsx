import { Tooltip as Radix } from 'radix-ui';
import type { ReactElement } from 'react';

/** Shows the name of a control, or more about it, while it is pointed at or focused. */
export function Tooltip({ text, children }: { text: string; children: ReactElement }) {
  return (
    <Radix.Provider delayDuration={400}>
      <Radix.Root>
        <Radix.Trigger asChild>{children}</Radix.Trigger>
        <Radix.Portal>
          <Radix.Content
            sideOffset={6}
            collisionPadding={8}
            className="surface-in z-70 max-w-64 rounded-md bg-ink px-2 py-1 text-canvas text-caption shadow-overlay"
          >
            {text}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </Radix.Provider>
  );
}
