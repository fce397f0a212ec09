import { type ReactNode, type RefObject, useRef, useState } from 'react';
import { lazyPart } from '../queries/lazy-part.tsx';
import { cx } from '../ui/cx.ts';
import { useReturnFocus } from '../ui/return-focus.ts';
import type { EmojiOption } from './emoji-search.ts';

const EmojiPopover = lazyPart(async () => (await import('./emoji-popover.tsx')).EmojiPopover);

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
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  // The message if the picker was opened with a key, otherwise the button.
  const toOpener = useReturnFocus(isOpen);
  return (
    <>
      <button
        {...trigger}
        ref={button}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        aria-label={label}
        title={label}
        data-state={isOpen ? 'open' : 'closed'}
        onClick={() => setOpen(!isOpen)}
        className={cx(
          'inline-flex shrink-0 items-center justify-center rounded-lg text-muted transition-colors hover:bg-hover hover:text-ink',
          className,
        )}
      >
        {children}
      </button>
      {isOpen && (
        <EmojiPopover
          button={button}
          label={label}
          hasCustom={hasCustom}
          returnFocus={returnFocus}
          toOpener={toOpener}
          onChoose={onChoose}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
