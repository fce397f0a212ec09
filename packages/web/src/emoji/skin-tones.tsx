import { Popover } from 'radix-ui';
import { useId, useState } from 'react';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { SKIN_TONES, type SkinTone, withSkinTone } from './skin-tone.ts';

const HAND = '✋';
/** The names of the skin tones, in their order. */
const NAMES: readonly PlainKey[] = [
  'emojiPicker.toneNone',
  'emojiPicker.toneLight',
  'emojiPicker.toneMediumLight',
  'emojiPicker.toneMedium',
  'emojiPicker.toneMediumDark',
  'emojiPicker.toneDark',
];

/** Chooses the skin tone of all emoji of people. */
export function SkinTones({
  tone,
  onChange,
}: {
  tone: SkinTone;
  onChange: (tone: SkinTone) => void;
}) {
  const group = useId();
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        aria-label={t('emojiPicker.tone')}
        title={t('emojiPicker.tone')}
        className="flex size-9 pointer-coarse:size-11 shrink-0 items-center justify-center rounded-lg text-xl hover:bg-hover"
      >
        {withSkinTone(HAND, tone)}
      </Popover.Trigger>
      <Popover.Content
        side="top"
        align="end"
        className="surface-in z-50 flex gap-0.5 rounded-xl border border-line bg-raised p-1 shadow-overlay"
      >
        <fieldset className="contents">
          <legend className="sr-only">{t('emojiPicker.tone')}</legend>
          {SKIN_TONES.map((one, n) => (
            <label
              key={one}
              title={t(NAMES[n] as PlainKey)}
              className="flex size-9 pointer-coarse:size-11 cursor-pointer items-center justify-center rounded-lg text-xl hover:bg-hover has-checked:bg-selected has-focus-visible:ring-2 has-focus-visible:ring-accent"
            >
              <input
                type="radio"
                name={group}
                checked={one === tone}
                aria-label={t(NAMES[n] as PlainKey)}
                onChange={() => onChange(one)}
                onClick={() => setOpen(false)}
                className="sr-only"
              />
              <span aria-hidden="true">{withSkinTone(HAND, one)}</span>
            </label>
          ))}
        </fieldset>
      </Popover.Content>
    </Popover.Root>
  );
}
