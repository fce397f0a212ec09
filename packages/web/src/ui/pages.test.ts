import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinPages, type Page, readPages } from './pages.ts';

interface Numbers extends Page<number, number> {
  readonly total?: number;
}

/** A list on a server, in pages of `size`, whose cursor is the number of items before the page. */
const pagesOf = (items: readonly number[], size: number) => {
  const reads: (number | undefined)[] = [];
  const read = async (after?: number): Promise<Numbers> => {
    reads.push(after);
    const end = (after ?? 0) + size;
    return { items: items.slice(after ?? 0, end), next: end < items.length ? end : null };
  };
  return { reads, read };
};
const itself = (n: number) => n;

describe('pages', () => {
  test('a page that is joined leaves out what is known, and says where the list goes on', () => {
    const shown = { items: [5, 4, 3], next: 3, total: 6 };
    expect(joinPages<Numbers>(shown, { items: [3, 2, 1], next: null, total: 7 }, itself)).toEqual({
      items: [5, 4, 3, 2, 1],
      next: null,
      total: 7,
    });
  });

  test('a list is read again as far as it was loaded, and not further than that page', async () => {
    const sizes = fc.integer({ min: 1, max: 7 });
    const counts = fc.integer({ min: 0, max: 40 });
    await fc.assert(
      fc.asyncProperty(counts, sizes, counts, async (total, size, wanted) => {
        const all = Array.from({ length: total }, (_, n) => n);
        const { read, reads } = pagesOf(all, size);
        const page = await readPages<Numbers>(read, itself, () => wanted);
        expect(page.items).toEqual(all.slice(0, page.items.length));
        expect(page.items.length).toBeGreaterThanOrEqual(Math.min(total, wanted));
        expect(reads).toHaveLength(Math.max(1, Math.ceil(Math.min(total, wanted) / size)));
        expect(page.next === null).toBe(page.items.length === total);
      }),
    );
  });

  test('a page that is added while the list is read again is read, too', async () => {
    const { read } = pagesOf([1, 2, 3, 4, 5, 6], 2);
    let wanted = 2;
    const page = await readPages<Numbers>(
      (after) => {
        wanted = 4;
        return read(after);
      },
      itself,
      () => wanted,
    );
    expect(page).toEqual({ items: [1, 2, 3, 4], next: 4 });
  });
});
