import { useRef, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { type CursorOf, joinPages, type KeyOf, type Page, readPages } from './pages.ts';
import { type Loaded, useLoad } from './use-load.ts';

/** A list that is loaded page by page: `data` is its last page, with the items of all pages. */
export interface Pages<P extends Page<unknown, unknown>> extends Loaded<P> {
  /** Empty until the first page is loaded. */
  readonly items: P['items'];
  readonly hasMore: boolean;
  /** Whether another page is being loaded. */
  readonly busy: boolean;
  /** Why another page could not be loaded. */
  readonly moreProblem: string | null;
  loadMore(): Promise<void>;
}

/**
 * Loads the first page of a list on mount and when `key` changes, and the following ones on demand.
 * `reload` loads all pages again that are shown.
 */
export function usePages<P extends Page<unknown, unknown>>(
  read: (after?: CursorOf<P>) => Promise<P>,
  keyOf: KeyOf<P>,
  key = '',
): Pages<P> {
  const [busy, setBusy] = useState(false);
  /** The list of this key: the number of its items that are loaded, which grows while it is reloaded. */
  const list = useRef({ key, count: 0, isLoaded: false });
  if (list.current.key !== key) list.current = { key, count: 0, isLoaded: false };
  const [failure, setFailure] = useState<{ of: unknown; text: string } | null>(null);
  const loaded = useLoad(async () => {
    const of = list.current;
    const page = await readPages(read, keyOf, () => of.count);
    of.count = page.items.length;
    of.isLoaded = true;
    return page;
  }, key);
  const { data, set } = loaded;
  const shown = useRef(data);
  shown.current = data;
  const loadMore = async () => {
    const of = list.current;
    setBusy(true);
    try {
      // A list that was reloaded meanwhile may go on elsewhere.
      for (let isAdded = false; !isAdded; ) {
        const after = shown.current?.next ?? null;
        if (after === null) break;
        const more = await read(after as CursorOf<P>);
        if (list.current !== of) break;
        if (shown.current?.next !== after) continue;
        isAdded = true;
        of.count += more.items.length;
        set((now) => (now.next === after ? joinPages(now, more, keyOf) : now));
      }
      setFailure(null);
    } catch (error) {
      setFailure({ of, text: errorMessage(error) });
    } finally {
      setBusy(false);
    }
  };
  const hasMore = data !== null && data.next !== null && list.current.isLoaded;
  const moreProblem = failure?.of === list.current ? failure.text : null;
  return { ...loaded, items: data?.items ?? [], hasMore, busy, moreProblem, loadMore };
}
