import { Placeholder } from '../ui/loading-status.tsx';
import { Skeleton } from '../ui/skeleton.tsx';

/** The widths of the placeholder names, as classes; varied like real names. */
const NAMES = ['w-24', 'w-36', 'w-28', 'w-40', 'w-20', 'w-32', 'w-24', 'w-36'];

/** A placeholder for the conversations until they are loaded. */
export function SidebarSkeleton() {
  return (
    <Placeholder className="px-2.5 pt-4">
      <Skeleton className="mb-3 h-3 w-16" />
      {NAMES.map((width, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike
        <div key={n} className="flex h-8 pointer-coarse:h-11 items-center gap-2.5">
          <Skeleton className="size-5 rounded-avatar" />
          <Skeleton className={`h-3 ${width}`} />
        </div>
      ))}
    </Placeholder>
  );
}
