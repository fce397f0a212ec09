import { t } from '../texts/index.ts';
import { Banner } from './banner.tsx';
import { Button } from './button.tsx';
import { SkeletonRows } from './skeleton.tsx';
import type { Loaded } from './use-load.ts';

/** Shows a placeholder while data is loading, and the error if it failed. */
export function Loading({ of: { data, problem, reload } }: { of: Loaded<unknown> }) {
  if (problem !== null) {
    return (
      <Banner
        tone="danger"
        actions={
          <Button size="small" onClick={() => void reload()}>
            {t('common.tryAgain')}
          </Button>
        }
      >
        {problem}
      </Banner>
    );
  }
  if (data !== null) return null;
  return <SkeletonRows count={3} />;
}
