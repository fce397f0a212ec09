import { Search } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useAccountId } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Empty } from '../ui/empty.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { usePageTitle } from '../ui/page-title.tsx';
import { Select } from '../ui/select.tsx';
import { FilterChips } from './filter-chips.tsx';
import { RecentList } from './recent-list.tsx';
import { rememberSearch } from './recent-searches.ts';
import { SearchField } from './search-field.tsx';
import { SearchResults } from './search-results.tsx';
import { readSearch } from './search-state.ts';
import { type SearchOrder, useMessageSearch } from './use-message-search.ts';
import { useResultKeys } from './use-result-keys.ts';
import { useSearchInput } from './use-search-input.ts';

/**
 * Searches messages as the user types. The search is in the URL, so that “back” returns to the
 * results.
 */
export function SearchPage() {
  usePageTitle(t('search.title'));
  const account = useAccountId();
  const field = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const { input, query, change } = useSearchInput(field);
  const [order, setOrder] = useState<SearchOrder>('newest');
  const search = useMessageSearch(query, order);
  useEffect(() => field.current?.focus(), []);
  const clear = () => change({ filters: [], text: '' });
  const { focusFirst, onKeyDown } = useResultKeys(field, body, clear);
  return (
    <div className="flex h-full flex-col">
      <PageHeader>
        <h1 className="sr-only">{t('search.title')}</h1>
        <SearchField
          input={input}
          field={field}
          onChange={change}
          onSubmit={() => {
            rememberSearch(account, query);
            focusFirst();
          }}
          onKeyDown={onKeyDown}
        />
        <Select
          label={t('search.order')}
          hiddenLabel
          className="w-40 shrink-0 max-sm:w-34"
          value={order}
          onChange={(event) => setOrder(event.target.value as SearchOrder)}
          options={[
            ['newest', t('search.newest')],
            ['best', t('search.best')],
          ]}
        />
      </PageHeader>
      <div ref={body} className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-3xl px-2 py-3 sm:px-4">
          <FilterChips
            filters={input.filters}
            onChange={(filters) => {
              change({ ...input, filters });
              field.current?.focus();
            }}
          />
          {query === '' ? (
            <>
              <RecentList
                onChoose={(recent) => {
                  change(readSearch(recent));
                  field.current?.focus();
                }}
                onKeyDown={onKeyDown}
              />
              <Empty icon={<Search size={22} />} title={t('search.emptyTitle')}>
                {t('search.emptyHint')}
              </Empty>
            </>
          ) : (
            <SearchResults
              search={search}
              query={query}
              hasFilters={input.filters.length > 0}
              onKeyDown={onKeyDown}
              onOpen={() => rememberSearch(account, query)}
              onRemoveFilters={() => change({ filters: [], text: input.text })}
            />
          )}
        </div>
      </div>
    </div>
  );
}
