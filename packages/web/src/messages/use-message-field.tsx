import type { ConversationView } from '@parley/client';
import {
  type ClipboardEvent,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { completeEmoji, endsEmojiName } from '../emoji/complete-emoji.ts';
import { duration } from '../lib/text.ts';
import { useAccountId, useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';
import { actionOf, charactersLeft } from './composer-rules.ts';
import {
  applyChange,
  type FieldChange,
  type FieldText,
  formatChange,
  lineBreakChange,
  pasteChange,
} from './format-keys.ts';
import { grow } from './grow.ts';
import { useMentionMenu } from './use-mention-menu.tsx';

/** The remaining characters are shown from here on. */
const SHOW_COUNT_BELOW = 500;

/** What {@link useMessageField} needs. */
interface FieldOptions {
  readonly view: ConversationView;
  readonly text: string;
  /** The focus returns to this field when a dialog is closed. */
  readonly isMain?: boolean;
  readonly label: string;
  /** Seconds until the next message may be sent in slow mode. */
  readonly wait: number;
  readonly onChange: (text: string) => void;
  /** Called when the user types, with text in the field. */
  readonly onTyping?: () => void;
  readonly onSend: () => void;
  /** Called on ArrowUp in an empty field. */
  readonly onEditLast?: () => void;
  readonly onEscape?: () => void;
  /** Returns whether it has taken what is pasted. */
  readonly onPaste?: (event: ClipboardEvent) => boolean;
}

/**
 * The field for a message: it grows with its text, completes mentions and emoji, sets Markdown by keys and continues lists.
 * It gets the focus where there is a keyboard.
 */
export function useMessageField({
  view,
  text,
  isMain = false,
  label,
  wait,
  onChange,
  onTyping,
  onSend,
  onEditLast,
  onEscape,
  onPaste,
}: FieldOptions): {
  field: RefObject<HTMLTextAreaElement | null>;
  /** The menu of mentions, above the field. */
  menu: ReactNode;
  area: ReactNode;
  /** The wait in slow mode, and the remaining characters. */
  limits: ReactNode;
} {
  const client = useClient();
  const account = useAccountId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(text.length);
  const isTouch = useCoarsePointer();
  const moveTo = useRef<number | null>(null);
  const mentions = useMentionMenu({
    view,
    text,
    caret,
    onChange: (next, at) => {
      onChange(next);
      setCaret(at);
      moveTo.current = at;
    },
  });
  useEffect(() => {
    // On touch screens the focus would open the keyboard over half of the conversation.
    if (window.matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height and the caret follow the text
  useLayoutEffect(() => {
    if (field.current) grow(field.current);
    // After a name that was completed, once the field has its text.
    if (moveTo.current !== null) field.current?.setSelectionRange(moveTo.current, moveTo.current);
    moveTo.current = null;
  }, [text]);
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (mentions.onKeyDown(event)) return;
    if (event.key === 'Escape' && !event.nativeEvent.isComposing) onEscape?.();
    const action = actionOf(event.nativeEvent, { isTouch, isEmpty: text === '' });
    if (action === 'send') {
      event.preventDefault();
      onSend();
    } else if (action === 'edit-last' && onEditLast) {
      event.preventDefault();
      onEditLast();
    } else {
      const change = changeOf(event);
      if (!change) return;
      event.preventDefault();
      applyChange(event.currentTarget, change);
    }
  };
  const area = (
    <textarea
      ref={field}
      value={text}
      rows={1}
      data-composer={isMain || undefined}
      {...mentions.field}
      enterKeyHint={isTouch ? 'enter' : 'send'}
      dir="auto"
      aria-label={label}
      aria-invalid={charactersLeft(text) < 0 || undefined}
      placeholder={label}
      onChange={(event) => {
        onChange(event.target.value);
        setCaret(event.target.selectionStart);
        if (event.target.value.trim()) onTyping?.();
        if (endsEmojiName(event.nativeEvent as InputEvent)) {
          void completeEmoji(event.target, client, account);
        }
      }}
      onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
      onPaste={(event) => {
        if (onPaste?.(event)) return;
        const pasted = event.clipboardData.getData('text/plain');
        const change = pasteChange(pasted, fieldText(event.currentTarget));
        if (!change) return;
        event.preventDefault();
        applyChange(event.currentTarget, change);
      }}
      onKeyDown={onKeyDown}
      className="max-h-60 min-h-10 flex-1 resize-none bg-transparent py-2 outline-none placeholder:text-muted"
    />
  );
  return { field, menu: mentions.menu, area, limits: <Limits text={text} wait={wait} /> };
}

function Limits({ text, wait }: { text: string; wait: number }) {
  const left = charactersLeft(text);
  return (
    <>
      {wait > 0 && (
        <span className="self-center px-1 text-caption text-muted tabular-nums">
          {t('composer.slowMode', { time: duration(wait) })}
        </span>
      )}
      {left < SHOW_COUNT_BELOW && (
        <span
          role="status"
          className={cx(
            'self-center px-1 text-caption tabular-nums',
            left < 0 ? 'text-danger' : 'text-muted',
          )}
        >
          <span aria-hidden="true">{left}</span>
          <span className="sr-only">{t('composer.charactersLeft', { count: left })}</span>
        </span>
      )}
    </>
  );
}

const fieldText = ({ value, selectionStart, selectionEnd }: HTMLTextAreaElement): FieldText => ({
  text: value,
  start: selectionStart,
  end: selectionEnd,
});

/** Returns what a key that neither sends nor edits changes in the field. */
function changeOf(event: KeyboardEvent<HTMLTextAreaElement>): FieldChange | null {
  const field = fieldText(event.currentTarget);
  const { key, isComposing } = event.nativeEvent;
  if (key === 'Enter' && !isComposing) return lineBreakChange(field);
  return formatChange(event.nativeEvent, field);
}
