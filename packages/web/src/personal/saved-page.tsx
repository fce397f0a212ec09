import { t } from '../texts/index.ts';
import { ListPage } from '../ui/list-page.tsx';
import { SavedList } from './saved-messages.tsx';

/** The page with the saved messages. */
export function SavedPage() {
  return (
    <ListPage title={t('saved.title')} className="px-4">
      <SavedList onOpen={() => undefined} />
    </ListPage>
  );
}
