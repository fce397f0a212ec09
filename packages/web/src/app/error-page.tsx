import { RefreshCw, TriangleAlert } from 'lucide-react';
import { LoadError } from '../lib/load-error.ts';
import { Button } from '../ui/button.tsx';
import { usePageTitle } from '../ui/page-title.tsx';

/**
 * Stands in for a page that could not be loaded or drawn. It reloads only when asked: never by
 * itself, so never in a loop. Drafts are kept on this device, and are there again afterwards.
 */
export function ErrorPage({ error }: { error: unknown }) {
  const isLoad = error instanceof LoadError;
  const title = isLoad ? 'This page needs a reload' : 'Something went wrong';
  usePageTitle(title);
  const Icon = isLoad ? RefreshCw : TriangleAlert;
  return (
    <div
      role="alert"
      className="flex min-h-[80dvh] flex-col items-center justify-center gap-3 p-6 text-center"
    >
      <span className="flex size-16 items-center justify-center rounded-2xl bg-accent-soft text-accent-strong">
        <Icon size={30} />
      </span>
      <h1 className="mt-1 font-semibold text-2xl">{title}</h1>
      <p className="max-w-sm text-muted">
        {isLoad
          ? 'Parley was updated while this tab was open, or your connection dropped. Reload to continue. Your drafts and unsent messages are kept.'
          : 'This page has run into an error that we did not expect. Reload to continue. Your drafts and unsent messages are kept.'}
      </p>
      <Button look="primary" className="mt-2 min-h-11 px-5" onClick={() => location.reload()}>
        Reload
      </Button>
      {!isLoad && error instanceof Error && (
        <details className="mt-2 max-w-md text-left text-muted text-sm">
          <summary className="cursor-pointer text-center">Details for a bug report</summary>
          <p className="mt-2 break-words rounded-lg bg-sunken p-3 font-mono text-[13px]">
            {error.message}
          </p>
        </details>
      )}
    </div>
  );
}
