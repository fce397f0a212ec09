import { InfiniteQueryObserver } from '@tanstack/react-query';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { joinPages, type Page, pagesQuery } from './pages-query.ts';
import { makeQueryClient } from './query-client.ts';

interface Numbers extends Page<number, number> {
  readonly total?: number;
}
const itself = (n: number) => n;

describe('pages', () => {
  test('pages are joined without duplicates, with the list fields of the last one', () => {
    const pages: Numbers[] = [
      { items: [5, 4, 3], next: 3, total: 6 },
      { items: [3, 2, 1], next: null, total: 7 },
    ];
    expect(joinPages(pages, itself)).toEqual({ items: [5, 4, 3, 2, 1], next: null, total: 7 });
  });

  test('pages are requested one at a time, and all loaded ones again when the list is refetched', async () => {
    const sizes = fc.integer({ min: 1, max: 7 });
    const counts = fc.integer({ min: 0, max: 40 });
    await fc.assert(
      fc.asyncProperty(
        counts,
        sizes,
        fc.integer({ min: 1, max: 5 }),
        async (total, size, wanted) => {
          let all = Array.from({ length: total }, (_, n) => n);
          const read = vi.fn(async (after: number | undefined): Promise<Numbers> => {
            const end = (after ?? 0) + size;
            return { items: all.slice(after ?? 0, end), next: end < all.length ? end : null };
          });
          const client = makeQueryClient();
          const query = pagesQuery(['list'], read, itself);
          const observer = new InfiniteQueryObserver(client, query);
          const end = observer.subscribe(() => undefined);
          await observer.refetch({ cancelRefetch: false });
          for (let page = 1; page < wanted; page++) await observer.fetchNextPage();
          const shown = Math.min(wanted, Math.max(1, Math.ceil(total / size)));
          expect(observer.getCurrentResult().data?.items).toEqual(all.slice(0, shown * size));
          expect(observer.getCurrentResult().hasNextPage).toBe(shown * size < total);

          // An item was added at the beginning.
          all = [-1, ...all];
          read.mockClear();
          await observer.refetch();
          expect(observer.getCurrentResult().data?.items).toEqual(all.slice(0, shown * size));
          expect(read).toHaveBeenCalledTimes(shown);
          end();
        },
      ),
      { numRuns: 40 },
    );
  });
});
