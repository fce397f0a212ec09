import { Smile } from 'lucide-react';
import type { RefObject } from 'react';
import { EmojiButton } from '../emoji/emoji-button.tsx';
import { applyChange } from '../lib/field-text.ts';
import { t } from '../texts/index.ts';

/** The button that inserts an emoji into a message field; on phones too, whose keyboards lack the custom ones. */
export function InsertEmoji({ field }: { field: RefObject<HTMLTextAreaElement | null> }) {
  return (
    <EmojiButton
      label={t('composer.emoji')}
      returnFocus={field}
      onChoose={({ text, image }) => {
        const area = field.current;
        if (!area) return;
        const { selectionStart: from, selectionEnd: to } = area;
        const inserted = image ? `${text} ` : text;
        const caret = from + inserted.length;
        area.focus();
        applyChange(area, { from, to, text: inserted, select: [caret, caret] });
      }}
      className="size-10 pointer-coarse:size-11"
    >
      <Smile size={18} />
    </EmojiButton>
  );
}
