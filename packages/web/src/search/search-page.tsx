import { useNavigate, useSearch } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { usePageTitle } from '../ui/page-title.tsx';
import { Select } from '../ui/select.tsx';
import { useNames } from '../users/use-names.ts';
import { FoundMessageLink } from './found-message-link.tsx';
import {
  type MessageSearchState,
  type SearchOrder,
  useMessageSearch,
} from './use-message-search.ts';

/** Filters that are offered below the field. */
const FILTERS = [
  'from:',
  'in:',
  'mentions:me',
  'has:link',
  'has:reaction',
  'has:pin',
  'has:poll',
  'has:file',
  'has:image',
  'is:thread',
  'is:saved',
  'before:',
  'after:',
  'on:',
];

/** Searches messages as the user types. The text is in the address, so that “back” leads to the results. */
export function SearchPage() {
  usePageTitle(t('search.title'));
  const { q } = useSearch({ from: '/inside/search' });
  const navigate = useNavigate();
  const [text, setText] = useState(q);
  const [order, setOrder] = useState<SearchOrder>('newest');
  const search = useMessageSearch(text, order);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => field.current?.focus(), []);

  const change = (value: string) => {
    setText(value);
    void navigate({ to: '/search', search: { q: value }, replace: true });
  };
  const addFilter = (filter: string) => {
    change(`${text.trimEnd()}${text.trim() === '' ? '' : ' '}${filter}`);
    field.current?.focus();
  };
  /** Moves the focus between the field and the results. */
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const links = [...(list.current?.querySelectorAll('a') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement) + step;
    (at < 0 ? field.current : links[at])?.focus();
  };
  return (
    <div className="flex h-full flex-col">
      <PageHeader>
        <h1 className="sr-only">{t('search.title')}</h1>
        <input
          ref={field}
          type="search"
          value={text}
          maxLength={1000}
          onChange={(event) => change(event.target.value)}
          onKeyDown={move}
          aria-label={t('search.field')}
          placeholder={t('search.field')}
          className="h-10 min-w-0 flex-1 rounded-lg border border-line bg-canvas px-3 outline-none focus:border-accent focus:ring-3 focus:ring-accent/20"
        />
        <Select
          label={t('search.order')}
          hiddenLabel
          className="w-40 shrink-0"
          value={order}
          onChange={(event) => setOrder(event.target.value as SearchOrder)}
          options={[
            ['newest', t('search.newest')],
            ['best', t('search.best')],
          ]}
        />
      </PageHeader>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-3xl px-2 py-3 sm:px-4">
          <fieldset className="mb-2 flex flex-wrap gap-1.5 px-1" aria-label={t('search.filters')}>
            {FILTERS.map((filter) => (
              <button
                key={filter}
                type="button"
                onClick={() => addFilter(filter)}
                className="min-h-8 rounded-full border border-line px-3 text-note text-soft hover:bg-hover"
              >
                {filter}
              </button>
            ))}
          </fieldset>
          <Results search={search} text={text} onKeyDown={move} list={list} />
        </div>
      </div>
    </div>
  );
}

function Results({
  search,
  text,
  onKeyDown,
  list,
}: {
  search: MessageSearchState & { loadMore(): void };
  text: string;
  onKeyDown: (event: KeyboardEvent) => void;
  list: React.RefObject<HTMLOListElement | null>;
}) {
  const { items, problems, next, error, isLoading } = search;
  const nameOf = useNames(useMemo(() => items.map(({ message }) => message.author), [items]));
  if (text.trim() === '') {
    return (
      <Empty icon={<Search size={22} />} title={t('search.emptyTitle')}>
        {t('search.emptyHint')}
      </Empty>
    );
  }
  const isDone = search.text === text && !isLoading && problems.length === 0;
  return (
    <>
      <p role="status" className="px-3 py-1 text-muted text-sm">
        {isLoading && items.length === 0 && t('search.searching')}
        {isDone && items.length === 0 && next === null && t('search.nothing')}
      </p>
      {error !== null && (
        <p role="alert" className="px-3 py-1 text-danger text-sm">
          {error}
        </p>
      )}
      {problems.map(({ filter, value, message, possible }) => (
        <p key={`${filter}:${value}`} className="px-3 py-1 text-sm text-soft">
          {message}
          {possible.length > 0 && (
            <span className="text-muted">
              {' '}
              {t('search.possible', { values: possible.join(', ') })}
            </span>
          )}
        </p>
      ))}
      <ol ref={list} aria-label={t('search.results')}>
        {items.map((found) => (
          <li key={`${found.message.conversation} ${found.message.seq}`}>
            <FoundMessageLink
              found={found}
              name={nameOf(found.message.author)}
              onKeyDown={onKeyDown}
            />
          </li>
        ))}
      </ol>
      {next !== null && (
        <Button className="mx-3 mt-2" busy={isLoading} onClick={search.loadMore}>
          {t('search.more')}
        </Button>
      )}
    </>
  );
}
