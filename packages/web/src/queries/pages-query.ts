import type { ReadOptions } from '@parley/client';
import { infiniteQueryOptions, type QueryKey } from '@tanstack/react-query';

/** A page of a list; `next` is where the following page begins, null on the last one. */
export interface Page<T, C> {
  readonly items: readonly T[];
  readonly next: C | null;
}

/** The position at which a page begins. */
export type CursorOf<P extends Page<unknown, unknown>> = NonNullable<P['next']>;

/** Identifies an item. */
export type KeyOf<P extends Page<unknown, unknown>> = (item: P['items'][number]) => string | number;

/**
 * Returns the last page with the items of all pages. An item that has moved to a later page
 * meanwhile is included once. There is at least one page.
 */
export function joinPages<P extends Page<unknown, unknown>>(
  pages: readonly P[],
  keyOf: KeyOf<P>,
): P {
  const items = new Map<string | number, P['items'][number]>();
  for (const item of pages.flatMap((page) => page.items)) {
    const key = keyOf(item);
    if (!items.has(key)) items.set(key, item);
  }
  return { ...(pages.at(-1) as P), items: [...items.values()] };
}

/**
 * Returns the query of a list that is requested page by page. Its `data` is the last page, with the
 * items of all pages. When it is refetched, all loaded pages are, one at a time.
 */
export const pagesQuery = <P extends Page<unknown, unknown>>(
  queryKey: QueryKey,
  read: (after: CursorOf<P> | undefined, options: ReadOptions) => Promise<P>,
  keyOf: KeyOf<P>,
) =>
  infiniteQueryOptions<P, Error, P, QueryKey, CursorOf<P> | undefined>({
    queryKey,
    queryFn: ({ pageParam, signal }) => read(pageParam as CursorOf<P> | undefined, { signal }),
    initialPageParam: undefined as CursorOf<P> | undefined,
    getNextPageParam: ({ next }) => next as CursorOf<P> | null,
    select: ({ pages }) => joinPages(pages, keyOf),
  });
