import type { ConversationView } from '@parley/client';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from 'react';
import type { FieldChange } from '../../lib/field-text.ts';
import { lazyPart } from '../../queries/lazy-part.tsx';
import type { CommandName } from '../../slash-commands/commands.ts';
import { t } from '../../texts/index.ts';
import { completionChange, typedName } from './typed-name.ts';
import { type Completion, useCompletions } from './use-completions.ts';

const CompletionList = lazyPart(async () => (await import('./completion-list.tsx')).CompletionList);

/** The completion menu of a field, and the attributes and handlers that the field needs. */
export interface CompletionMenu {
  readonly menu: ReactNode;
  /** Attributes of the field, for assistive technology. */
  readonly field: {
    readonly 'aria-autocomplete': 'list';
    readonly 'aria-haspopup': 'listbox';
    readonly 'aria-controls': string | undefined;
    readonly 'aria-activedescendant': string | undefined;
  };
  /** Handles a key press if the menu is open; returns whether it did. */
  onKeyDown(event: KeyboardEvent): boolean;
}

/**
 * Suggests names while the user types a sign and part of a name: `@` for people, `#` for groups, `:` for emoji, and
 * `/` for slash commands where there are any.
 */
export function useCompletionMenu({
  view,
  text,
  caret,
  commands,
  onChange,
}: {
  view: ConversationView;
  text: string;
  caret: number;
  commands: readonly CommandName[];
  onChange: (change: FieldChange) => void;
}): CompletionMenu {
  const id = useId();
  const typed = typedName(text, caret);
  const key = typed && `${typed.sign} ${typed.start} ${typed.search}`;
  const [closed, setClosed] = useState<string | null>(null);
  const [picked, setPicked] = useState({ key, index: 0 });
  const options = useCompletions(view, closed === key ? null : typed, commands);
  const [isListLoaded, setListLoaded] = useState(false);
  const isTyping = typed !== null;
  useEffect(() => {
    if (isTyping) CompletionList.loadAhead(() => setListLoaded(true), 'needed');
  }, [isTyping]);
  const isOpen = isListLoaded && options.length > 0 && closed !== key;
  const index = picked.key === key ? Math.min(picked.index, options.length - 1) : 0;
  const optionId = (n: number) => `${id}-${n}`;

  const choose = (option: Completion | undefined) => {
    if (typed && option) onChange(completionChange(text, typed, option.chosen));
  };
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (!isOpen) return false;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      setPicked({ key, index: (index + step + options.length) % options.length });
    } else if (event.key === 'Escape') setClosed(key);
    else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') {
      choose(options[index]);
    } else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const menu = (
    <>
      <span role="status" className="sr-only">
        {isOpen && t('composer.suggested', { count: options.length })}
      </span>
      {isOpen && typed && (
        <CompletionList
          id={id}
          optionId={optionId}
          sign={typed.sign}
          options={options}
          picked={index}
          onChoose={choose}
        />
      )}
    </>
  );
  return {
    menu,
    onKeyDown,
    field: {
      'aria-autocomplete': 'list',
      'aria-haspopup': 'listbox',
      'aria-controls': isOpen ? id : undefined,
      'aria-activedescendant': isOpen ? optionId(index) : undefined,
    },
  };
}
