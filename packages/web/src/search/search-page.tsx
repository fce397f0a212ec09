import { useNavigate, useSearch } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
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
import { readSearch, type SearchInput, writeSearch } from './search-state.ts';
import { type SearchOrder, useMessageSearch } from './use-message-search.ts';

/**
 * Searches messages as the user types. The search is in the URL, so that “back” returns to the
 * results.
 */
export function SearchPage() {
  usePageTitle(t('search.title'));
  const { q } = useSearch({ from: '/inside/search' });
  const navigate = useNavigate();
  const account = useAccountId();
  const [input, setInput] = useState(() => readSearch(q));
  const [order, setOrder] = useState<SearchOrder>('newest');
  const query = writeSearch(input);
  const search = useMessageSearch(query, order);
  const field = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLDivElement>(null);
  /**
   * The search that this page has put into the URL: anything else is a new search, for instance
   * from a link.
   */
  const written = useRef(q);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    if (q === written.current) return;
    written.current = q;
    setInput(readSearch(q));
    field.current?.focus();
  }, [q]);

  const change = (next: SearchInput) => {
    setInput(next);
    written.current = writeSearch(next);
    void navigate({ to: '/search', search: { q: written.current }, replace: true });
  };
  const resultsOf = () => [...(body.current?.querySelectorAll<HTMLElement>('[data-result]') ?? [])];
  /** Moves the focus between the field and the results; Escape leads back to the field, and there clears it. */
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (event.key === 'Escape') {
      if (document.activeElement === field.current) change({ filters: [], text: '' });
      else field.current?.focus();
    } else if (step !== 0) {
      const results = resultsOf();
      const at = results.indexOf(document.activeElement as HTMLElement) + step;
      (at < 0 ? field.current : results[at])?.focus();
    } else return;
    event.preventDefault();
  };
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
            resultsOf()[0]?.focus();
          }}
          onKeyDown={move}
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
                onKeyDown={move}
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
              onKeyDown={move}
              onOpen={() => rememberSearch(account, query)}
              onRemoveFilters={() => change({ filters: [], text: input.text })}
            />
          )}
        </div>
      </div>
    </div>
  );
}
