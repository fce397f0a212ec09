import { type CustomEmoji, customEmojiOf } from '@parley/protocol';
import { EMOJI_GROUPS } from '@parley/protocol/emoji';
import { builtInOption, customOption, type EmojiOption, searchEmoji } from './emoji-search.ts';
import type { SkinTone } from './skin-tone.ts';

/** Results of a search that the picker shows at most. */
const RESULTS_MAX = 90;

/** A section of the picker: the emoji under one heading. */
export interface PickerSection {
  /** `recent`, `custom`, `results`, or the key of a group of Unicode. */
  readonly key: string;
  readonly items: readonly EmojiOption[];
}

/** A row of the picker. `first`: the position of its first emoji among all. */
export type PickerRow =
  | { readonly kind: 'heading'; readonly section: string }
  | { readonly kind: 'emoji'; readonly items: readonly EmojiOption[]; readonly first: number };

/** The input of the sections. */
export interface SectionsOf {
  readonly search: string;
  readonly recent: readonly string[];
  readonly custom: readonly CustomEmoji[];
  readonly tone: SkinTone;
}

/** Returns the sections of the picker: all emoji, or the results of a search. */
export function sectionsOf({ search, recent, custom, tone }: SectionsOf): PickerSection[] {
  if (search.trim() !== '') {
    const items = searchEmoji(search, { custom, tone, limit: RESULTS_MAX });
    return items.length === 0 ? [] : [{ key: 'results', items }];
  }
  const own = custom
    .flatMap((one) => customOption(one) ?? [])
    .sort((a, b) => a.text.localeCompare(b.text));
  const groups = EMOJI_GROUPS.map(({ name, items }) => ({
    key: name,
    items: items.map((item) => builtInOption(item, tone)),
  }));
  return [
    { key: 'recent', items: recentOptions(recent, own, groups) },
    { key: 'custom', items: own },
    ...groups,
  ].filter(({ items }) => items.length > 0);
}

/** Returns the recently chosen emoji that still exist. */
function recentOptions(
  recent: readonly string[],
  own: readonly EmojiOption[],
  groups: readonly PickerSection[],
): EmojiOption[] {
  const options = new Map(
    [...own, ...groups.flatMap(({ items }) => items)].map((o) => [o.emoji, o]),
  );
  return recent.flatMap((emoji) => {
    const option = options.get(emoji);
    if (option) return option;
    // With a skin tone that is no longer selected.
    return customEmojiOf(emoji) ? [] : { emoji, text: emoji, names: [emoji], image: null };
  });
}

/** Returns the rows of the picker, with a number of emoji in each. */
export function rowsOf(sections: readonly PickerSection[], columns: number): PickerRow[] {
  const rows: PickerRow[] = [];
  let first = 0;
  for (const { key, items } of sections) {
    rows.push({ kind: 'heading', section: key });
    for (let at = 0; at < items.length; at += columns) {
      const part = items.slice(at, at + columns);
      rows.push({ kind: 'emoji', items: part, first });
      first += part.length;
    }
  }
  return rows;
}

/** Returns the index of the row that has the emoji at a position; -1 if there is none. */
export const rowOf = (rows: readonly PickerRow[], position: number): number =>
  rows.findIndex(
    (row) =>
      row.kind === 'emoji' && position >= row.first && position < row.first + row.items.length,
  );

/** Returns the emoji at a position; undefined if there is none. */
export function optionAt(rows: readonly PickerRow[], position: number): EmojiOption | undefined {
  const row = rows[rowOf(rows, position)];
  return row?.kind === 'emoji' ? row.items[position - row.first] : undefined;
}

/**
 * Returns the new position after a key press in the grid; -1 outside of it: up from the first row,
 * back to the search. Null: the key has no effect.
 */
export function positionAfterKey(
  rows: readonly PickerRow[],
  position: number,
  key: string,
): number | null {
  const grid = rows.filter((row) => row.kind === 'emoji');
  const at = rowOf(grid, position);
  const row = grid[at];
  if (!row) return key === 'ArrowDown' && grid.length > 0 ? 0 : null;
  const last = grid.at(-1) ?? row;
  const inRow = (n: number) => {
    const to = grid[Math.min(n, grid.length - 1)];
    if (n < 0 || !to) return -1;
    return to.first + Math.min(position - row.first, to.items.length - 1);
  };
  switch (key) {
    case 'ArrowRight':
      return Math.min(position + 1, last.first + last.items.length - 1);
    case 'ArrowLeft':
      return position - 1;
    case 'ArrowDown':
      return inRow(at + 1);
    case 'ArrowUp':
      return inRow(at - 1);
    case 'PageDown':
      return inRow(at + PAGE_ROWS);
    case 'PageUp':
      return inRow(Math.max(0, at - PAGE_ROWS));
    case 'Home':
      return row.first;
    case 'End':
      return row.first + row.items.length - 1;
    default:
      return null;
  }
}

const PAGE_ROWS = 5;

/** Returns the equivalent key in right-to-left text. */
export const mirroredKey = (key: string): string =>
  key === 'ArrowLeft' ? 'ArrowRight' : key === 'ArrowRight' ? 'ArrowLeft' : key;
