import { t } from '../texts/index.ts';
import { Button } from './button.tsx';
import type { Loaded } from './use-load.ts';

/** Shows a placeholder while data is loading, and the error if it failed. */
export function Loading({ of: { data, problem, reload } }: { of: Loaded<unknown> }) {
  if (problem !== null) {
    return (
      <div role="alert" className="flex flex-wrap items-center gap-3 text-danger text-sm">
        {problem}
        <Button onClick={() => void reload()}>{t('common.tryAgain')}</Button>
      </div>
    );
  }
  if (data !== null) return null;
  return (
    <div aria-hidden="true" className="flex flex-col gap-2.5">
      {[0, 1, 2].map((n) => (
        <span key={n} className="shimmer h-12 rounded-lg" />
      ))}
    </div>
  );
}
