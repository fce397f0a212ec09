import type { ReactNode } from 'react';

/** A key of the keyboard. */
export function Kbd({ children }: { children?: ReactNode }) {
  return (
    <kbd className="inline-flex min-h-5 min-w-5 items-center justify-center rounded-md border border-line bg-sunken px-1.5 font-sans text-caption text-soft">
      {children}
    </kbd>
  );
}
