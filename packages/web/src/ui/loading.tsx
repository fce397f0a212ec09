import type { UseQueryResult } from '@tanstack/react-query';
import { errorMessage } from '../lib/text.ts';
import { t } from '../texts/index.ts';
import { Banner } from './banner.tsx';
import { Button } from './button.tsx';
import { SkeletonRows } from './skeleton.tsx';

/** The state of a query that {@link Loading} shows. */
type Shown = Pick<UseQueryResult, 'data' | 'error' | 'fetchStatus'> & {
  /** For lists: the error of the last page, shown at the end. */
  readonly isFetchNextPageError?: boolean;
  /** Requests it again. */
  refetch(): Promise<unknown>;
};

/** Shows a placeholder while a query has no data, and the error if it failed. */
export function Loading({
  of: { data, error, fetchStatus, isFetchNextPageError, refetch },
}: {
  of: Shown;
}) {
  if (error !== null && !isFetchNextPageError) {
    return (
      <Banner
        tone="danger"
        actions={
          <Button size="small" onClick={() => void refetch()}>
            {t('common.tryAgain')}
          </Button>
        }
      >
        {errorMessage(error)}
      </Banner>
    );
  }
  if (data !== undefined) return null;
  if (fetchStatus === 'paused') return <Banner>{t('common.loadsWhenOnline')}</Banner>;
  return <SkeletonRows count={3} />;
}
