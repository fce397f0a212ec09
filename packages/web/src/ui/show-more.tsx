import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { Button } from './button.tsx';

/** The part of a list’s query that {@link ShowMore} uses. */
type List = Pick<
  UseInfiniteQueryResult,
  'hasNextPage' | 'isFetchNextPageError' | 'isFetching' | 'error'
> & {
  fetchNextPage(): Promise<unknown>;
  refetch(options: { cancelRefetch: boolean }): Promise<unknown>;
};

/** Shows a button that requests the next page of a list, if there is one, and the error if that failed. */
export function ShowMore({
  of: { hasNextPage, isFetchNextPageError, isFetching, error, fetchNextPage, refetch },
  className,
  children,
}: {
  of: List;
  className?: string;
  children: ReactNode;
}) {
  const [busy, setBusy] = useState(false);
  if (!hasNextPage) return null;
  const showMore = async () => {
    setBusy(true);
    // The pages that are shown are being requested again: the next one begins where the last of them ends.
    if (isFetching) await refetch({ cancelRefetch: false });
    await fetchNextPage();
    setBusy(false);
  };
  return (
    <>
      {isFetchNextPageError && (
        <p role="alert" className="mt-2 text-danger text-sm">
          {errorMessage(error)}
        </p>
      )}
      <Button {...(className && { className })} busy={busy} onClick={() => void showMore()}>
        {children}
      </Button>
    </>
  );
}
