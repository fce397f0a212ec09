import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import type { Page } from './pages.ts';
import type { Pages } from './use-pages.ts';

/** Shows a button that loads the next page of a list, if there is one, and the error if that failed. */
export function ShowMore({
  of: { hasMore, busy, moreProblem, loadMore },
  className,
  children,
}: {
  of: Pick<Pages<Page<unknown, unknown>>, 'hasMore' | 'busy' | 'moreProblem' | 'loadMore'>;
  className?: string;
  children: ReactNode;
}) {
  if (!hasMore) return null;
  return (
    <>
      {moreProblem !== null && (
        <p role="alert" className="mt-2 text-danger text-sm">
          {moreProblem}
        </p>
      )}
      <Button {...(className && { className })} busy={busy} onClick={() => void loadMore()}>
        {children}
      </Button>
    </>
  );
}
