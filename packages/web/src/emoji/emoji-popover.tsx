import { Popover } from 'radix-ui';
import type { RefObject } from 'react';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';
import type { EmojiOption } from './emoji-search.ts';
import { LazyEmojiPicker } from './lazy-emoji-picker.tsx';

/** The emoji picker next to a button. */
export function EmojiPopover({
  button,
  label,
  hasCustom,
  returnFocus,
  toOpener,
  onChoose,
  onClose,
}: {
  button: RefObject<HTMLButtonElement | null>;
  label: string;
  hasCustom: boolean;
  /** The element to focus when the picker closes. */
  returnFocus: RefObject<HTMLElement | null> | undefined;
  /** Returns the focus if there is no such element. */
  toOpener: (event: Event) => void;
  onChoose: (option: EmojiOption) => void;
  onClose: () => void;
}) {
  const isTouch = useCoarsePointer();
  return (
    <Popover.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Popover.Anchor virtualRef={button as RefObject<HTMLButtonElement>} />
      <Popover.Portal>
        <Popover.Content
          side="top"
          align="end"
          collisionPadding={12}
          aria-label={label}
          onOpenAutoFocus={(event) => {
            // Not the search field: the keyboard would cover the emoji.
            if (!isTouch) return;
            event.preventDefault();
            (event.target as HTMLElement).focus();
          }}
          onCloseAutoFocus={(event) => {
            if (!returnFocus?.current) return toOpener(event);
            event.preventDefault();
            returnFocus.current.focus();
          }}
          // The button closes the picker itself.
          onInteractOutside={(event) => {
            if (button.current?.contains(event.target as Node)) event.preventDefault();
          }}
          className="surface-in z-50 h-[max(18rem,min(26rem,var(--radix-popover-content-available-height)))] w-[min(22rem,calc(100vw-1.5rem))] rounded-2xl border border-line bg-raised p-2.5 shadow-overlay"
        >
          <LazyEmojiPicker
            hasCustom={hasCustom}
            onChoose={(option) => {
              onClose();
              onChoose(option);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
