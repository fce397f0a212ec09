import type { ReactNode } from 'react';
import { BackLink } from './back-link.tsx';

/** The header of a page, with a link back; by default to the conversations, on phones. */
export function PageHeader({
  back = <BackLink />,
  children,
}: {
  back?: ReactNode;
  children: ReactNode;
}) {
  return (
    <header className="flex items-center gap-2 border-line border-b px-2 pt-[max(0.5rem,env(safe-area-inset-top))] pb-2 sm:px-4">
      {back}
      {children}
    </header>
  );
}
