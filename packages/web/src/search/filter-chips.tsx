import { SEARCH_FILTERS, type SearchFilter, type SearchFilterName } from '@parley/protocol';
import { Plus, X } from 'lucide-react';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { FilterEditor } from './filter-editor.tsx';
import { withFilter } from './search-state.ts';
import { FILTER_TITLES, useValueTitle } from './use-filter-values.tsx';

const NAMES = Object.keys(SEARCH_FILTERS) as SearchFilterName[];
const CHIP = 'inline-flex min-h-compact max-w-full items-center rounded-full border text-note';

/** The filters of a search as chips, each with an editor, and buttons that add further ones. */
export function FilterChips({
  filters,
  onChange,
}: {
  filters: readonly SearchFilter[];
  onChange: (filters: readonly SearchFilter[]) => void;
}) {
  const titleOfValue = useValueTitle();
  const remove = (n: number) => onChange(filters.toSpliced(n, 1));
  return (
    <fieldset className="mb-2 flex flex-wrap gap-1.5 px-1" aria-label={t('search.filters')}>
      {filters.map((filter, n) => {
        const name = t(FILTER_TITLES[filter.name]);
        const value = titleOfValue(filter);
        const text = t(filter.isNegated ? 'search.notChip' : 'search.chip', { name, value });
        return (
          <span
            key={`${filter.isNegated} ${filter.name} ${filter.value}`}
            className={cx(CHIP, 'border-accent bg-accent-soft text-ink')}
          >
            <FilterEditor
              filter={filter}
              onChange={(next) => onChange(withFilter(filters.toSpliced(n, 1), next, n))}
              onRemove={() => remove(n)}
            >
              <button
                type="button"
                aria-label={t('search.editFilter', { filter: text })}
                className="tap min-h-compact min-w-0 truncate rounded-s-full ps-3 pe-1"
              >
                <bdi>{text}</bdi>
              </button>
            </FilterEditor>
            <button
              type="button"
              aria-label={t('search.removeChip', { filter: text })}
              onClick={() => remove(n)}
              className="tap inline-flex size-compact shrink-0 items-center justify-center rounded-e-full text-soft hover:text-ink"
            >
              <X size={14} aria-hidden="true" />
            </button>
          </span>
        );
      })}
      {NAMES.map((name) => (
        <FilterEditor
          key={name}
          filter={{ kind: 'filter', name, value: '', isNegated: false }}
          onChange={(filter) => onChange(withFilter(filters, filter))}
        >
          <button
            type="button"
            className={cx(
              CHIP,
              'tap gap-1 border-edge border-dashed px-3 text-soft hover:bg-hover',
            )}
          >
            <Plus size={13} aria-hidden="true" />
            {t(FILTER_TITLES[name])}
          </button>
        </FilterEditor>
      ))}
    </fieldset>
  );
}
