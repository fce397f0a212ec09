import { t } from '../texts/index.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { usePageTitle } from '../ui/page-title.tsx';
import { SavedList } from './saved-messages.tsx';

/** Lists the saved messages on a page of their own. */
export function SavedPage() {
  usePageTitle(t('saved.title'));
  return (
    <div className="flex h-full flex-col">
      <PageHeader>
        <h1 className="flex min-h-10 items-center font-semibold">{t('saved.title')}</h1>
      </PageHeader>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-3xl px-4 py-3">
          <SavedList onOpen={() => undefined} />
        </div>
      </div>
    </div>
  );
}
