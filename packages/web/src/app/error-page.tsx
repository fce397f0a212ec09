import { RefreshCw, TriangleAlert } from 'lucide-react';
import { LoadError } from '../lib/load-error.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { usePageTitle } from '../ui/page-title.tsx';

/**
 * Replaces a page that failed to load or render. It never reloads by itself, so it cannot loop.
 * Drafts are stored on this device and survive the reload.
 */
export function ErrorPage({ error }: { error: unknown }) {
  const isLoad = error instanceof LoadError;
  const title = isLoad ? t('errorPage.loadTitle') : t('common.somethingWentWrong');
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
        {isLoad ? t('errorPage.load') : t('errorPage.unexpected')}
      </p>
      <Button look="primary" className="mt-2 min-h-11 px-5" onClick={() => location.reload()}>
        {t('common.reload')}
      </Button>
      {!isLoad && error instanceof Error && (
        <details className="mt-2 max-w-md text-start text-muted text-sm">
          <summary className="cursor-pointer text-center">{t('errorPage.details')}</summary>
          <p className="mt-2 break-words rounded-lg bg-sunken p-3 font-mono text-note">
            {error.message}
          </p>
        </details>
      )}
    </div>
  );
}
