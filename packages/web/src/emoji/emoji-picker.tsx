import { Search } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { VList } from 'virtua';
import { t } from '../texts/index.ts';
import { fieldStyle } from '../ui/field-style.ts';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';
import type { EmojiOption } from './emoji-search.ts';
import { EmojiPreview, PickerRowView, PickerSections } from './picker-parts.tsx';
import { optionAt, rowOf } from './picker-rows.ts';
import { SkinTones } from './skin-tones.tsx';
import { type Picker, usePicker } from './use-picker.ts';

/**
 * Chooses an emoji. The focus stays in the search field, and arrow keys move in the grid of emoji, so that all of
 * them are one tab stop; the sections and the skin tone are one each.
 */
export function EmojiPicker({
  hasCustom = true,
  onChoose,
}: {
  /** Whether custom emoji can be chosen too. */
  hasCustom?: boolean;
  onChoose: (option: EmojiOption) => void;
}) {
  const id = useId();
  const picker = usePicker(hasCustom, onChoose);
  const [hovered, setHovered] = useState<EmojiOption | null>(null);
  const { list, search, sections, rows, columns, active } = picker;
  const cellId = (position: number) => `${id}-${position}`;
  const activeRow = rowOf(rows, active);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <SearchField
        picker={picker}
        grid={`${id}-grid`}
        activeId={active >= 0 ? cellId(active) : undefined}
      />
      {search === '' && (
        <PickerSections
          keys={sections.map(({ key }) => key)}
          current={picker.current}
          onShow={picker.show}
        />
      )}
      <span role="status" className="sr-only">
        {search !== '' && t('emojiPicker.found', { count: sections[0]?.items.length ?? 0 })}
      </span>
      {rows.length === 0 ? (
        <p className="flex flex-1 items-center justify-center p-6 text-center text-muted text-sm">
          {t('emojiPicker.none')}
        </p>
      ) : (
        <VList
          ref={list}
          id={`${id}-grid`}
          role="grid"
          aria-label={t('emojiPicker.emoji')}
          // Keys pressed in the search field move within it.
          tabIndex={-1}
          className="min-h-0 flex-1 overscroll-contain outline-none"
          keepMounted={activeRow >= 0 ? [activeRow] : []}
          onScroll={picker.onScroll}
        >
          {rows.map((row) => (
            <PickerRowView
              key={row.kind === 'heading' ? row.section : row.first}
              row={row}
              columns={columns}
              active={active}
              cellId={cellId}
              onHover={setHovered}
              onChoose={picker.choose}
            />
          ))}
        </VList>
      )}
      <footer className="mt-1.5 flex h-11 shrink-0 items-center gap-2 border-line border-t pt-1.5">
        <EmojiPreview option={hovered ?? optionAt(rows, active)} />
        <SkinTones tone={picker.tone} onChange={picker.setTone} />
      </footer>
    </div>
  );
}

function SearchField({
  picker: { search, rows, setSearch, onKeyDown },
  grid,
  activeId,
}: {
  picker: Picker;
  /** The id of the grid, and of its active cell. */
  grid: string;
  activeId: string | undefined;
}) {
  const field = useRef<HTMLInputElement>(null);
  const isTouch = useCoarsePointer();
  useEffect(() => {
    // On touch screens the keyboard would cover the emoji.
    if (!isTouch) field.current?.focus();
  }, [isTouch]);
  return (
    <div className="relative shrink-0">
      <Search
        size={16}
        aria-hidden="true"
        className="pointer-events-none absolute inset-y-0 start-3 my-auto text-muted"
      />
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-expanded={rows.length > 0}
        aria-haspopup="grid"
        aria-controls={grid}
        aria-activedescendant={activeId}
        aria-label={t('emojiPicker.search')}
        placeholder={t('emojiPicker.search')}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        onKeyDown={onKeyDown}
        className={`${fieldStyle()} h-10 pointer-coarse:h-11 ps-9 pe-3 text-sm`}
      />
    </div>
  );
}
