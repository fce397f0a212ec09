import {
  Car,
  Cat,
  Clock,
  Coffee,
  Flag,
  Hash,
  Lightbulb,
  type LucideIcon,
  Search,
  Smile,
  Sparkles,
  Trophy,
  User,
} from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { cx } from '../ui/cx.ts';
import { CustomEmojiImage } from './custom-emoji-image.tsx';
import type { EmojiOption } from './emoji-search.ts';
import { mirroredKey, type PickerRow } from './picker-rows.ts';

/** The sections, by their keys. */
const SECTIONS: Readonly<Record<string, readonly [text: PlainKey, icon: LucideIcon]>> = {
  results: ['emojiPicker.results', Search],
  recent: ['emojiPicker.recent', Clock],
  custom: ['emoji.title', Sparkles],
  smileys: ['emojiPicker.smileys', Smile],
  people: ['emojiPicker.people', User],
  animals: ['emojiPicker.animals', Cat],
  food: ['emojiPicker.food', Coffee],
  travel: ['emojiPicker.travel', Car],
  activities: ['emojiPicker.activities', Trophy],
  objects: ['emojiPicker.objects', Lightbulb],
  symbols: ['emojiPicker.symbols', Hash],
  flags: ['emojiPicker.flags', Flag],
};
const titleOf = (section: string): string => {
  const [text] = SECTIONS[section] ?? [];
  return text ? t(text) : section;
};

/** The buttons that scroll to the sections: one tab stop, with arrow keys between them. */
export function PickerSections({
  keys,
  current,
  onShow,
}: {
  keys: readonly string[];
  current: string;
  onShow: (section: string) => void;
}) {
  const bar = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState(0);
  // With fingers, the bar is wider than the picker.
  useEffect(() => {
    const button = bar.current?.querySelectorAll('button')[keys.indexOf(current)];
    button?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [keys, current]);
  const onKeyDown = (event: KeyboardEvent) => {
    const isRight = bar.current !== null && getComputedStyle(bar.current).direction === 'rtl';
    const key = isRight ? mirroredKey(event.key) : event.key;
    const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = (focused + step + keys.length) % keys.length;
    setFocused(next);
    bar.current?.querySelectorAll('button')[next]?.focus();
  };
  return (
    <div
      ref={bar}
      role="toolbar"
      aria-label={t('emojiPicker.sections')}
      onKeyDown={onKeyDown}
      className="mt-1.5 flex shrink-0 justify-between overflow-x-auto border-line border-b"
    >
      {keys.map((key, n) => {
        const [, Icon = Smile] = SECTIONS[key] ?? [];
        return (
          <button
            key={key}
            type="button"
            tabIndex={n === focused ? 0 : -1}
            aria-label={titleOf(key)}
            title={titleOf(key)}
            aria-current={key === current || undefined}
            onFocus={() => setFocused(n)}
            onClick={() => onShow(key)}
            className={cx(
              '-outline-offset-2 flex h-9 pointer-coarse:h-11 min-w-6 flex-1 pointer-coarse:shrink-0 pointer-coarse:basis-12 items-center justify-center border-b-2 transition-colors',
              key === current
                ? 'border-accent text-accent-strong'
                : 'border-transparent text-muted hover:text-ink',
            )}
          >
            <Icon size={17} />
          </button>
        );
      })}
    </div>
  );
}

/** A row of the grid: the heading of a section, or emoji. */
export function PickerRowView({
  row,
  columns,
  active,
  cellId,
  onHover,
  onChoose,
}: {
  row: PickerRow;
  /** The most emoji in a row. */
  columns: number;
  active: number;
  cellId: (position: number) => string;
  onHover: (option: EmojiOption | null) => void;
  onChoose: (option: EmojiOption) => void;
}): ReactNode {
  if (row.kind === 'heading') {
    return (
      // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the search field
      // biome-ignore lint/a11y/useSemanticElements: the rows are virtual, which those of a table can’t be
      <div role="row" className="px-1 pt-2.5 pb-1 font-semibold text-caption text-muted">
        {/* biome-ignore lint/a11y/useFocusableInteractive: it can’t be chosen */}
        {/* biome-ignore lint/a11y/useSemanticElements: see its row */}
        <span role="rowheader" aria-colspan={columns}>
          {titleOf(row.section)}
        </span>
      </div>
    );
  }
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the search field
    // biome-ignore lint/a11y/useSemanticElements: the rows are virtual, which those of a table can’t be
    <div role="row" className={cx('grid', columns === 7 ? 'grid-cols-7' : 'grid-cols-8')}>
      {row.items.map((option, n) => {
        const position = row.first + n;
        return (
          // biome-ignore lint/a11y/useFocusableInteractive: the search field names the active cell
          // biome-ignore lint/a11y/useKeyWithClickEvents: the search field handles the keys
          // biome-ignore lint/a11y/useSemanticElements: see its row
          <div
            key={option.emoji}
            id={cellId(position)}
            role="gridcell"
            aria-label={spokenName(option)}
            aria-selected={position === active}
            onMouseDown={(event) => event.preventDefault()}
            onMouseEnter={() => onHover(option)}
            onMouseLeave={() => onHover(null)}
            onClick={() => onChoose(option)}
            className={cx(
              'flex h-10 pointer-coarse:h-11 cursor-pointer select-none items-center justify-center rounded-lg text-2xl leading-none',
              position === active ? 'bg-selected ring-2 ring-accent ring-inset' : 'hover:bg-hover',
            )}
          >
            <Glyph option={option} />
          </div>
        );
      })}
    </div>
  );
}

const spokenName = ({ names }: EmojiOption): string => (names[0] ?? '').replaceAll('_', ' ');

function Glyph({ option: { text, names, image } }: { option: EmojiOption }) {
  return image ? <CustomEmojiImage image={image} name={names[0] ?? ''} /> : text;
}

/** Shows the emoji under the pointer or the active one, large and with its names. */
export function EmojiPreview({ option }: { option: EmojiOption | undefined }) {
  return (
    <p aria-hidden="true" className="flex min-w-0 flex-1 items-center gap-2">
      {option ? (
        <>
          <span className="shrink-0 text-2xl leading-none">
            <Glyph option={option} />
          </span>
          <span className="truncate text-note text-soft">
            {option.names.map((name) => `:${name}:`).join(' ')}
          </span>
        </>
      ) : (
        <span className="truncate text-note text-muted">{t('emojiPicker.hint')}</span>
      )}
    </p>
  );
}
