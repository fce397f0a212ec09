import { cx } from './cx.ts';
import { Placeholder } from './loading-status.tsx';

/** Stands in for content that is being loaded, in its size: nothing moves when the content arrives. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden="true" className={cx('shimmer block rounded-lg', className)} />;
}

/** Stands in for a list of rows with an avatar and two lines each. */
export function SkeletonRows({ count = 4 }: { count?: number }) {
  return (
    <Placeholder className="flex flex-col gap-5 py-2">
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
    </Placeholder>
  );
}

/** Stands in for a page with a header until it is known what it shows. */
export function PageSkeleton() {
  return (
    <div className="flex h-full flex-col">
      <div className="flex h-14 items-center border-line border-b px-4">
        <Skeleton className="h-4 w-36" />
      </div>
      <div className="mx-auto w-full max-w-3xl flex-1 px-4 pt-6 sm:px-6">
        <SkeletonRows count={5} />
      </div>
    </div>
  );
}
