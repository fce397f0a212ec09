import type { CustomEmoji } from '@parley/protocol';
import { type KeyboardEvent, type RefObject, useMemo, useRef, useState } from 'react';
import type { VListHandle } from 'virtua';
import { useAccountId } from '../session/use-client.ts';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';
import type { EmojiOption } from './emoji-search.ts';
import {
  mirroredKey,
  optionAt,
  type PickerRow,
  type PickerSection,
  positionAfterKey,
  rowOf,
  rowsOf,
  sectionsOf,
} from './picker-rows.ts';
import { noteEmoji, recentEmoji } from './recent-emoji.ts';
import { keepSkinTone, type SkinTone, skinToneOf } from './skin-tone.ts';
import { useCustomEmoji } from './use-custom-emoji.ts';

const NONE: readonly CustomEmoji[] = [];
/** The emoji in a row, with a mouse and with fingers, which need more space for each. */
const COLUMNS = 8;
const TOUCH_COLUMNS = 7;

/** The state and actions of the emoji picker. */
export interface Picker {
  readonly list: RefObject<VListHandle | null>;
  readonly search: string;
  readonly sections: readonly PickerSection[];
  readonly rows: readonly PickerRow[];
  /** The most emoji in a row. */
  readonly columns: number;
  /** The position of the active emoji, which Enter chooses; -1 if there is none. */
  readonly active: number;
  /** The section at the top of the list. */
  readonly current: string;
  readonly tone: SkinTone;
  setSearch(search: string): void;
  setTone(tone: SkinTone): void;
  /** Scrolls to a section. */
  show(section: string): void;
  onScroll(offset: number): void;
  onKeyDown(event: KeyboardEvent<HTMLInputElement>): void;
  choose(option: EmojiOption): void;
}

/** Holds the state of the emoji picker. */
export function usePicker(hasCustom: boolean, onChoose: (option: EmojiOption) => void): Picker {
  const account = useAccountId();
  const list = useRef<VListHandle>(null);
  const [search, setSearch] = useState('');
  const [active, setActive] = useState(-1);
  const [tone, setTone] = useState<SkinTone>(() => skinToneOf(account));
  const [recent] = useState(() => recentEmoji(account));
  const [current, setCurrent] = useState('');
  const all = useCustomEmoji();
  const sections = useMemo(() => {
    const custom = hasCustom ? [...all.values()] : NONE;
    return sectionsOf({ search, recent, custom, tone });
  }, [search, recent, all, hasCustom, tone]);
  const columns = useCoarsePointer() ? TOUCH_COLUMNS : COLUMNS;
  const rows = useMemo(() => rowsOf(sections, columns), [sections, columns]);
  const choose = (option: EmojiOption) => {
    noteEmoji(account, option.emoji);
    onChoose(option);
  };
  return {
    list,
    search,
    sections,
    rows,
    columns,
    active,
    current: current || (sections[0]?.key ?? ''),
    tone,
    choose,
    setSearch(next) {
      setSearch(next);
      setActive(next === '' ? -1 : 0);
      list.current?.scrollTo(0);
    },
    setTone(next) {
      setTone(next);
      keepSkinTone(account, next);
    },
    show(section) {
      setCurrent(section);
      const row = rows.findIndex((one) => one.kind === 'heading' && one.section === section);
      list.current?.scrollToIndex(row, { align: 'start' });
    },
    onScroll(offset) {
      const top = list.current?.findItemIndex(offset + 1) ?? 0;
      const heading = rows.slice(0, top + 1).findLast((row) => row.kind === 'heading');
      if (heading?.kind === 'heading') setCurrent(heading.section);
    },
    onKeyDown(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'Enter') {
        event.preventDefault();
        const option = optionAt(rows, active);
        if (option) choose(option);
        return;
      }
      const isRightToLeft = getComputedStyle(event.currentTarget).direction === 'rtl';
      const to = positionAfterKey(rows, active, isRightToLeft ? mirroredKey(event.key) : event.key);
      if (to === null) return;
      event.preventDefault();
      setActive(to);
      if (to >= 0) list.current?.scrollToIndex(rowOf(rows, to), { align: 'nearest' });
    },
  };
}
