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
import { isInCodeBlock } from '../lib/code-fences.ts';
import { applyChange, type FieldChange } from '../lib/field-text.ts';
import { duration } from '../lib/text.ts';
import { useAccountId, useClient } from '../session/use-client.ts';
import type { CommandName } from '../slash-commands/commands.ts';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { takeFocus } from '../ui/take-focus.ts';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';
import { useCompletionMenu } from './completion/use-completion-menu.tsx';
import { charactersLeft } from './drafts/sendable.ts';
import { actionOf } from './formatting/composer-keys.ts';
import { changeOfKey } from './formatting/key-change.ts';
import { grow } from './grow.ts';
import { usePaste } from './pasting/use-paste.tsx';
import { needsCtrlToSend } from './send-key.ts';

/** The number of remaining characters is shown from here on. */
const SHOW_COUNT_BELOW = 500;
const NO_COMMANDS: readonly CommandName[] = [];

/** The options of {@link useMessageField}. */
interface FieldOptions {
  readonly view: ConversationView;
  readonly text: string;
  /** Whether the focus returns to this field when a dialog is closed. */
  readonly isMain?: boolean;
  /** The slash commands that are suggested. */
  readonly commands?: readonly CommandName[];
  readonly label: string;
  /** Shown while the field is empty; by default the label. */
  readonly placeholder?: string;
  /** Seconds until the next message may be sent in slow mode. */
  readonly wait: number;
  readonly onChange: (text: string) => void;
  /** Called when the user types, with text in the field. */
  readonly onTyping?: () => void;
  readonly onSend: () => void;
  /** Called on ArrowUp in an empty field. */
  readonly onEditLast?: () => void;
  readonly onEscape?: (event: KeyboardEvent) => void;
  /** Whether the field gets the focus on touch screens too, where that opens the keyboard. */
  readonly takesFocus?: boolean;
  /** Returns whether it handled the paste. */
  readonly onPaste?: (event: ClipboardEvent) => boolean;
}

/** A field for a message, and the elements around it. */
export interface MessageField {
  readonly field: RefObject<HTMLTextAreaElement | null>;
  /** The menu of completions, above the field. */
  readonly menu: ReactNode;
  readonly area: ReactNode;
  /** The offer to convert pasted text. */
  readonly offer: ReactNode;
  /** The wait in slow mode, and the remaining characters. */
  readonly limits: ReactNode;
}

/**
 * The field for a message: it grows with its text, completes names and emoji, sets Markdown formats by shortcuts,
 * continues lists and pastes rich text as Markdown. It gets the focus if there is a keyboard.
 */
export function useMessageField({
  view,
  text,
  isMain = false,
  commands = NO_COMMANDS,
  label,
  placeholder = label,
  wait,
  onChange,
  onTyping,
  onSend,
  onEditLast,
  onEscape,
  onPaste,
  takesFocus = false,
}: FieldOptions): MessageField {
  const client = useClient();
  const account = useAccountId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(text.length);
  const isTouch = useCoarsePointer();
  const apply = (change: FieldChange) => {
    if (field.current) applyChange(field.current, change);
  };
  const completions = useCompletionMenu({
    view,
    text,
    caret,
    commands,
    onChange: apply,
  });
  const paste = usePaste(field, text);
  useInitialFocus(field, takesFocus);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    if (field.current) grow(field.current);
  }, [text]);
  const onKeyDown = useFieldKeys({ text, apply, onSend, onEditLast, onEscape });
  const area = (
    <textarea
      ref={field}
      value={text}
      rows={1}
      data-composer={isMain || undefined}
      {...completions.field}
      enterKeyHint={isTouch ? 'enter' : 'send'}
      dir="auto"
      aria-label={label}
      aria-invalid={charactersLeft(text) < 0 || undefined}
      placeholder={placeholder}
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
        if (!onPaste?.(event)) paste.onPaste(event);
      }}
      onKeyDown={(event) => {
        if (!completions.onKeyDown(event)) onKeyDown(event);
      }}
      className="max-h-60 min-h-10 pointer-coarse:min-h-11 w-full field-sizing-content resize-none bg-transparent px-2 py-2 outline-none placeholder:overflow-hidden placeholder:text-ellipsis placeholder:whitespace-nowrap placeholder:text-muted"
    />
  );
  const limits = <Limits text={text} wait={wait} />;
  return { field, menu: completions.menu, area, offer: paste.offer, limits };
}

/** Returns the handler of keys that send, edit, or change the text. */
function useFieldKeys({
  text,
  apply,
  onSend,
  onEditLast,
  onEscape,
}: {
  readonly text: string;
  readonly apply: (change: FieldChange) => void;
  readonly onSend: () => void;
  readonly onEditLast: FieldOptions['onEditLast'] | undefined;
  readonly onEscape: FieldOptions['onEscape'] | undefined;
}): (event: KeyboardEvent<HTMLTextAreaElement>) => void {
  const account = useAccountId();
  const isTouch = useCoarsePointer();
  return (event) => {
    const { nativeEvent, currentTarget } = event;
    if (event.key === 'Escape') onEscape?.(event);
    const action = actionOf(nativeEvent, {
      isTouch,
      isEmpty: text === '',
      isInCode: isInCodeBlock(text, currentTarget.selectionStart),
      needsCtrl: needsCtrlToSend(account),
    });
    if (action === 'send') {
      event.preventDefault();
      onSend();
    } else if (action === 'edit-last' && onEditLast) {
      event.preventDefault();
      onEditLast();
    } else {
      const change = changeOfKey(event);
      if (!change) return;
      event.preventDefault();
      // The same key has another meaning elsewhere on the page.
      event.stopPropagation();
      apply(change);
    }
  };
}

/** Focuses a field when it appears, with the caret at its end; on touch screens only if it `takesFocus`. */
function useInitialFocus(field: RefObject<HTMLTextAreaElement | null>, takesFocus: boolean): void {
  useEffect(() => {
    const area = field.current;
    // On touch screens the focus would open the keyboard over half of the conversation.
    if (!area || !(takesFocus || window.matchMedia('(pointer: fine)').matches)) return;
    if (takesFocus) area.focus();
    else takeFocus(area);
    if (document.activeElement === area) {
      area.setSelectionRange(area.value.length, area.value.length);
    }
  }, [field, takesFocus]);
}

function Limits({ text, wait }: { text: string; wait: number }) {
  const characters = charactersLeft(text);
  return (
    <>
      {wait > 0 && (
        <span className="self-center px-1 text-caption text-muted tabular-nums">
          {t('composer.slowMode', { time: duration(wait) })}
        </span>
      )}
      {characters < SHOW_COUNT_BELOW && (
        <span
          role="status"
          className={cx(
            'self-center px-1 text-caption tabular-nums',
            characters < 0 ? 'text-danger' : 'text-muted',
          )}
        >
          <span aria-hidden="true">{characters}</span>
          <span className="sr-only">{t('composer.charactersLeft', { count: characters })}</span>
        </span>
      )}
    </>
  );
}
