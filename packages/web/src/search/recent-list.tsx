import { Clock, X } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { useAccountId } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { recentSearches, setRecentSearches } from './recent-searches.ts';
import { readSearch } from './search-state.ts';
import { useValueTitle } from './use-filter-values.tsx';

/** The recent searches on this device; nothing if there are none. */
export function RecentList({
  onChoose,
  onKeyDown,
}: {
  onChoose: (query: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}) {
  const account = useAccountId();
  const titleOfValue = useValueTitle();
  const [recent, setRecent] = useState(() => recentSearches(account));
  const change = (next: readonly string[]) => {
    setRecent(next);
    setRecentSearches(account, next);
  };
  if (recent.length === 0) return null;
  return (
    <section aria-labelledby="recent-searches" className="mb-4">
      <div className="flex items-center justify-between px-3">
        <h2 id="recent-searches" className="font-semibold text-note text-muted">
          {t('search.recent')}
        </h2>
        <Button look="quiet" className="px-2" onClick={() => change([])}>
          {t('search.clearRecent')}
        </Button>
      </div>
      <ul>
        {recent.map((query) => {
          const { filters, text } = readSearch(query);
          const chips = filters.map((filter) =>
            t(filter.isNegated ? 'search.notChip' : 'search.chip', {
              name: t(`search.${filter.name}`),
              value: titleOfValue(filter),
            }),
          );
          const title = [...chips, text].filter((part) => part !== '').join(' · ');
          return (
            <li key={query} className="flex items-center">
              <button
                type="button"
                data-result
                onClick={() => onChoose(query)}
                onKeyDown={onKeyDown}
                className="flex min-h-10 pointer-coarse:min-h-11 min-w-0 flex-1 items-center gap-2.5 rounded-lg px-3 text-start text-sm hover:bg-hover focus-visible:bg-hover"
              >
                <Clock size={16} aria-hidden="true" className="shrink-0 text-muted" />
                <bdi className="truncate">{title}</bdi>
              </button>
              <IconButton
                label={t('search.forget', { search: title })}
                onClick={() => change(recent.filter((one) => one !== query))}
              >
                <X size={16} />
              </IconButton>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
