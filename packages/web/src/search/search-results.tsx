import type { FoundMessage } from '@parley/protocol';
import { Search } from 'lucide-react';
import { type KeyboardEvent, useMemo, useState } from 'react';
import { listOf } from '../lib/text.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { useNames } from '../users/use-names.ts';
import { FoundMessageLink } from './found-message-link.tsx';
import { MessageContext } from './message-context.tsx';
import type { MessageSearchState } from './use-message-search.ts';

/** The results of a search, or why there are none. */
export function SearchResults({
  search,
  query,
  hasFilters,
  onKeyDown,
  onOpen,
  onRemoveFilters,
}: {
  search: MessageSearchState & { loadMore(): void; retry(): void };
  query: string;
  hasFilters: boolean;
  onKeyDown: (event: KeyboardEvent) => void;
  /** Called when a result is opened. */
  onOpen: () => void;
  onRemoveFilters: () => void;
}) {
  const { items, problems, next, error, isLoading, isHere } = search;
  const nameOf = useNames(useMemo(() => items.map(({ message }) => message.author), [items]));
  const isDone = search.text === query && !isLoading && error === null;
  const isNothing = isDone && items.length === 0 && next === null && problems.length === 0;
  return (
    <>
      {isHere && (
        <p role="status" className="mx-3 mb-2 rounded-lg bg-warn-soft px-3 py-2 text-sm text-warn">
          {t('search.onDevice')}
        </p>
      )}
      <div role="status" className="text-muted text-sm">
        {(isLoading || isDone) && !isNothing && (
          <p className="px-3 py-1">
            {isLoading && items.length === 0 && t('search.searching')}
            {isDone &&
              items.length > 0 &&
              t(next === null ? 'search.count' : 'search.countMore', { count: items.length })}
          </p>
        )}
        {isNothing && (
          <Empty
            icon={<Search size={22} />}
            title={t('search.nothing')}
            actions={
              hasFilters && <Button onClick={onRemoveFilters}>{t('search.removeFilters')}</Button>
            }
          >
            {t('search.nothingHint')}
          </Empty>
        )}
      </div>
      {error !== null && (
        <div
          role="alert"
          className="flex flex-wrap items-center gap-3 px-3 py-1 text-danger text-sm"
        >
          {error}
          <Button onClick={search.retry}>{t('common.tryAgain')}</Button>
        </div>
      )}
      {problems.map(({ filter, value, message, possible }) => (
        <p key={`${filter}:${value}`} role="status" className="px-3 py-1 text-sm text-soft">
          {message}
          {possible.length > 0 && (
            <span className="text-muted">
              {' '}
              {t('search.possible', { values: listOf(possible) })}
            </span>
          )}
        </p>
      ))}
      <ol aria-label={t('search.results')}>
        {items.map((found) => (
          <li key={`${found.message.conversation} ${found.message.seq}`}>
            <SearchResult
              found={found}
              name={nameOf(found.message.author)}
              onKeyDown={onKeyDown}
              onOpen={onOpen}
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

/** A message that was found. The right arrow key shows its context, the left one hides it. */
function SearchResult({
  found,
  name,
  onKeyDown,
  onOpen,
}: {
  found: FoundMessage;
  name: string;
  onKeyDown: (event: KeyboardEvent) => void;
  onOpen: () => void;
}) {
  const [isShown, setShown] = useState(false);
  const handle = (event: KeyboardEvent) => {
    const isRtl = getComputedStyle(event.currentTarget).direction === 'rtl';
    if (event.key === (isRtl ? 'ArrowLeft' : 'ArrowRight')) setShown(true);
    else if (event.key === (isRtl ? 'ArrowRight' : 'ArrowLeft')) setShown(false);
    else {
      onKeyDown(event);
      return;
    }
    event.preventDefault();
  };
  return (
    <>
      <div className="flex items-start max-sm:flex-col">
        <div className="min-w-0 flex-1 max-sm:w-full">
          <FoundMessageLink found={found} name={name} onKeyDown={handle} onOpen={onOpen} />
        </div>
        <Button
          look="quiet"
          className="mt-1 shrink-0 px-2 max-sm:ms-13 max-sm:-mt-1"
          aria-expanded={isShown}
          onClick={() => setShown(!isShown)}
        >
          {t(isShown ? 'search.hideContext' : 'search.showContext')}
        </Button>
      </div>
      {isShown && <MessageContext message={found.message} />}
    </>
  );
}
