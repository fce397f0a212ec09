import { PageHeader } from '../ui/page-header.tsx';
import { Skeleton, SkeletonRows } from '../ui/skeleton.tsx';

/** A placeholder for a conversation until it is loaded. */
export function ConversationSkeleton() {
  return (
    <div className="flex h-full flex-col">
      <PageHeader>
        <Skeleton className="size-9 rounded-avatar" />
        <div className="flex flex-col gap-1.5 py-1.5">
          <Skeleton className="h-3.5 w-40" />
          <Skeleton className="h-3 w-56" />
        </div>
      </PageHeader>
      <div className="flex flex-1 flex-col justify-end px-4 py-4 sm:px-5">
        <SkeletonRows count={6} />
      </div>
    </div>
  );
}
