import { Popover } from 'radix-ui';
import { type ReactNode, type RefObject, useState } from 'react';
import { lazyPart } from '../lib/lazy-part.tsx';
import { cx } from '../ui/cx.ts';
import { useReturnFocus } from '../ui/return-focus.ts';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';
import type { EmojiOption } from './emoji-search.ts';

/** The picker with all emoji; it is loaded when it is first shown. */
export const LazyEmojiPicker = lazyPart(
  async () => (await import('./emoji-picker.tsx')).EmojiPicker,
);

/** A button that opens the emoji picker. */
export function EmojiButton({
  label,
  hasCustom = true,
  returnFocus,
  onChoose,
  className,
  children,
  ...trigger
}: {
  label: string;
  hasCustom?: boolean;
  /** The element to focus when the picker closes; by default the previously focused one. */
  returnFocus?: RefObject<HTMLElement | null>;
  onChoose: (option: EmojiOption) => void;
  className?: string;
  children: ReactNode;
  tabIndex?: number;
  'data-message-action'?: string;
}) {
  const [open, setOpen] = useState(false);
  const isTouch = useCoarsePointer();
  // The message if the picker was opened with a key, otherwise the button.
  const toOpener = useReturnFocus(open);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        {...trigger}
        aria-label={label}
        title={label}
        className={cx(
          'inline-flex shrink-0 items-center justify-center rounded-lg text-muted transition-colors hover:bg-hover hover:text-ink',
          className,
        )}
      >
        {children}
      </Popover.Trigger>
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
          className="surface-in z-50 h-[max(18rem,min(26rem,var(--radix-popover-content-available-height)))] w-[min(22rem,calc(100vw-1.5rem))] rounded-2xl border border-line bg-raised p-2.5 shadow-overlay"
        >
          <LazyEmojiPicker
            hasCustom={hasCustom}
            onChoose={(option) => {
              setOpen(false);
              onChoose(option);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
