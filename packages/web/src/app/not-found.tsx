import { Compass } from 'lucide-react';
import { usePageTitle } from '../ui/page-title.tsx';

/** An address that leads nowhere. */
export function NotFound() {
  usePageTitle('There is nothing here');
  return (
    <div className="flex min-h-[80dvh] flex-col items-center justify-center gap-3 p-6 text-center">
      <span className="flex size-16 items-center justify-center rounded-2xl bg-accent-soft text-accent-strong">
        <Compass size={30} />
      </span>
      <h1 className="mt-1 font-semibold text-2xl">There is nothing here</h1>
      <p className="max-w-xs text-muted">
        The address may have a slip in it, or what was here is gone.
      </p>
      <a
        href="/"
        className="mt-2 inline-flex min-h-11 items-center rounded-lg bg-accent px-5 font-medium text-on-accent text-sm hover:bg-accent-strong"
      >
        Back to the start
      </a>
    </div>
  );
}
