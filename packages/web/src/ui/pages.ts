/** A page of a list; `next` is where the following page begins, null on the last one. */
export interface Page<T, C> {
  readonly items: readonly T[];
  readonly next: C | null;
}

type ItemOf<P extends Page<unknown, unknown>> = P['items'][number];

/** The position at which a page begins. */
export type CursorOf<P extends Page<unknown, unknown>> = NonNullable<P['next']>;

/** Identifies an item. */
export type KeyOf<P extends Page<unknown, unknown>> = (item: ItemOf<P>) => string | number;

/**
 * Returns a page with the items of the one that follows it. Items that are known are left out: they have
 * moved to the following page meanwhile.
 */
export function joinPages<P extends Page<unknown, unknown>>(shown: P, more: P, keyOf: KeyOf<P>): P {
  const known = new Set(shown.items.map(keyOf));
  const added = more.items.filter((item) => !known.has(keyOf(item)));
  return { ...more, items: [...shown.items, ...added] };
}

/** Reads a list from its beginning, until it has so many items as are wanted, or ends. */
export async function readPages<P extends Page<unknown, unknown>>(
  read: (after?: CursorOf<P>) => Promise<P>,
  keyOf: KeyOf<P>,
  wanted: () => number,
): Promise<P> {
  let shown = await read();
  while (shown.next !== null && shown.items.length < wanted()) {
    shown = joinPages(shown, await read(shown.next as CursorOf<P>), keyOf);
  }
  return shown;
}
