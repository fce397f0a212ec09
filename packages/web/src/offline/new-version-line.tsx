import { RefreshCw, X } from 'lucide-react';
import { useState, useSyncExternalStore } from 'react';
import { t } from '../texts/index.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { focusContent } from '../ui/return-focus.ts';
import { newVersion } from './new-version.ts';

/** Offers a newer version of the web client, in a line above the page: it covers nothing, and stays until it is used or closed. */
export function NewVersionLine() {
  const isOffered = useSyncExternalStore(newVersion.subscribe, newVersion.get);
  const [isClosed, setClosed] = useState(false);
  const isShown = isOffered && !isClosed;
  const close = () => {
    setClosed(true);
    focusContent();
  };
  return (
    <>
      {/* Rendered before it has text, so that screen readers announce it. */}
      <p role="status" className="sr-only">
        {isShown ? t('newVersion.title') : ''}
      </p>
      {isShown && (
        <section
          aria-label={t('newVersion.title')}
          className="flex shrink-0 items-center gap-2 bg-accent-soft py-1 ps-4 pe-1 text-sm sm:justify-center"
        >
          <RefreshCw size={15} aria-hidden="true" className="shrink-0 text-accent max-sm:hidden" />
          <p className="min-w-0 py-1 max-sm:flex-1">
            <span className="font-medium">{t('newVersion.title')}</span>{' '}
            <span className="text-note text-soft">{t('newVersion.description')}</span>
          </p>
          <Button
            look="primary"
            size="small"
            className="pointer-coarse:min-h-11 sm:ms-2"
            onClick={() => void newVersion.use()}
          >
            {t('common.reload')}
          </Button>
          <IconButton label={t('common.close')} onClick={close}>
            <X size={17} />
          </IconButton>
        </section>
      )}
    </>
  );
}
