import { cx } from './cx.ts';

/** Stands in for content that is being loaded, in its size: nothing moves when the content arrives. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden="true" className={cx('shimmer block rounded-lg', className)} />;
}

/** Stands in for a list of rows with an avatar and two lines each. */
export function SkeletonRows({ count = 4 }: { count?: number }) {
  return (
    <div aria-hidden="true" className="flex flex-col gap-5 py-2">
      {Array.from({ length: count }, (_, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike
        <div key={n} className="flex gap-3">
          <Skeleton className="size-9 shrink-0 rounded-avatar" />
          <div className="flex flex-1 flex-col gap-2 pt-0.5">
            <Skeleton className="h-3.5 w-32" />
            <Skeleton className={n % 2 === 0 ? 'h-3.5 w-3/4' : 'h-3.5 w-1/2'} />
          </div>
        </div>
      ))}
    </div>
  );
}
