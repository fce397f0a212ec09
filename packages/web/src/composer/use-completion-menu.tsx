import type { ConversationView } from '@parley/client';
import { AtSign, Hash, SquareSlash, Users } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';
import { CustomEmojiImage } from '../emoji/custom-emoji-image.tsx';
import type { FieldChange } from '../lib/field-text.ts';
import { COMMAND_HELP, type CommandName } from '../slash-commands/commands.ts';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Avatar } from '../ui/avatar.tsx';
import { cx } from '../ui/cx.ts';
import { completionChange, type NameSign, typedName } from './typed-name.ts';
import { type Completion, useCompletions } from './use-completions.ts';

/** The name of the menu, by the sign that was typed. */
const TITLES: Readonly<Record<NameSign, PlainKey>> = {
  '@': 'composer.suggestions',
  '#': 'composer.groupSuggestions',
  ':': 'composer.emojiSuggestions',
  '/': 'composer.commandSuggestions',
};

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
  const isOpen = options.length > 0 && closed !== key;
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
        <div
          id={id}
          role="listbox"
          ref={place}
          aria-label={t(TITLES[typed.sign])}
          className="absolute inset-x-3 bottom-full z-10 mb-1 max-h-[min(26rem,50dvh)] overflow-y-auto rounded-xl border border-line bg-raised p-1 shadow-overlay data-below:top-full data-below:bottom-auto data-below:mt-1 sm:inset-x-5"
        >
          {options.map((option, n) => (
            <Suggestion
              key={option.key}
              id={optionId(n)}
              option={option}
              isPicked={n === index}
              onChoose={() => choose(option)}
            />
          ))}
        </div>
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

/** Opens the menu of a field in a list where there is more space, above or below, and limits its height to it. */
function place(menu: HTMLElement | null): void {
  const list = menu?.closest('[role="log"]')?.getBoundingClientRect();
  const field = menu?.parentElement?.getBoundingClientRect();
  if (!menu || !list || !field) return;
  const above = field.top - list.top;
  const below = list.bottom - field.bottom;
  menu.toggleAttribute('data-below', below > above);
  const { fontSize } = getComputedStyle(document.documentElement);
  const most = Math.min(26 * Number.parseFloat(fontSize), window.innerHeight / 2);
  menu.style.maxHeight = `${Math.min(most, Math.max(above, below) - 12)}px`;
}

function Suggestion({
  id,
  option,
  isPicked,
  onChoose,
}: {
  id: string;
  option: Completion;
  isPicked: boolean;
  onChoose: () => void;
}) {
  const quiet = isPicked ? 'text-soft' : 'text-muted';
  const { title, written, note } = textsOf(option);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys
    <div
      id={id}
      role="option"
      // The focus stays in the field, which names the active option.
      tabIndex={-1}
      aria-selected={isPicked}
      ref={(element) => {
        if (isPicked) element?.scrollIntoView({ block: 'nearest' });
      }}
      // The field keeps the focus.
      onMouseDown={(event) => event.preventDefault()}
      onClick={onChoose}
      className={cx(
        'flex min-h-11 w-full cursor-pointer items-center gap-3 rounded-lg px-2',
        isPicked ? 'bg-selected' : 'hover:bg-hover',
      )}
    >
      {option.kind === 'user' ? (
        <Avatar
          id={option.user.account}
          name={option.user.displayName}
          size={28}
          avatar={option.user.avatar}
        />
      ) : (
        <span className="flex size-7 shrink-0 items-center justify-center text-muted">
          <SuggestionIcon option={option} />
        </span>
      )}
      <span className="min-w-0 flex-1 truncate">
        {title !== null && <bdi className="font-medium">{title} </bdi>}
        <span className={cx(title !== null && cx('text-note', quiet))}>{written}</span>
      </span>
      <span className={cx('max-w-[50%] shrink-0 truncate text-caption', quiet)}>{note}</span>
    </div>
  );
}

function SuggestionIcon({ option }: { option: Exclude<Completion, { kind: 'user' }> }) {
  switch (option.kind) {
    case 'emoji': {
      const { image, text, names } = option.emoji;
      return (
        <span className="text-2xl text-ink leading-none">
          {image ? <CustomEmojiImage image={image} name={names[0] ?? ''} /> : text}
        </span>
      );
    }
    case 'user_group':
      return <Users size={18} />;
    case 'group':
      return <Hash size={18} />;
    case 'command':
      return <SquareSlash size={18} />;
    case 'everyone':
    case 'here':
      return <AtSign size={18} />;
  }
}

/** The texts of a suggestion: its title if it has one, what is written, and a note. */
interface SuggestionTexts {
  readonly title: string | null;
  readonly written: string;
  readonly note: string | null;
}

function textsOf(option: Completion): SuggestionTexts {
  const written = option.chosen;
  switch (option.kind) {
    case 'user': {
      const { displayName, isMember } = option.user;
      return { title: displayName, written, note: isMember ? null : t('composer.notMember') };
    }
    case 'user_group': {
      const { title, size } = option.userGroup;
      return { title, written, note: t('common.members', { count: size }) };
    }
    case 'group':
      return { title: null, written, note: option.isMember ? null : t('composer.notJoined') };
    case 'emoji':
      return { title: null, written: `:${option.emoji.names[0] ?? ''}:`, note: null };
    case 'command': {
      const { title, usage } = COMMAND_HELP[option.name];
      return { title: written, written: usage === null ? '' : t(usage), note: t(title) };
    }
    case 'everyone':
    case 'here':
      return { title: null, written, note: t(`composer.${option.kind}`) };
  }
}
