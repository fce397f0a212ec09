import { AtSign, Hash, SquareSlash, Users } from 'lucide-react';
import { CustomEmojiImage } from '../../emoji/custom-emoji-image.tsx';
import { COMMAND_HELP } from '../../slash-commands/commands.ts';
import { t } from '../../texts/index.ts';
import type { PlainKey } from '../../texts/keys.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { cx } from '../../ui/cx.ts';
import type { NameSign } from './typed-name.ts';
import type { Completion } from './use-completions.ts';

/** The name of the menu, by the sign that was typed. */
const TITLES: Readonly<Record<NameSign, PlainKey>> = {
  '@': 'composer.suggestions',
  '#': 'composer.groupSuggestions',
  ':': 'composer.emojiSuggestions',
  '/': 'composer.commandSuggestions',
};

/** The suggestions of a field, as a list above or below it. The field keeps the focus and handles the keys. */
export function CompletionList({
  id,
  optionId,
  sign,
  options,
  picked,
  onChoose,
}: {
  id: string;
  /** Returns the id of the element of an option. */
  optionId: (n: number) => string;
  sign: NameSign;
  options: readonly Completion[];
  /** The option that Enter chooses. */
  picked: number;
  onChoose: (option: Completion) => void;
}) {
  return (
    <div
      id={id}
      role="listbox"
      ref={place}
      aria-label={t(TITLES[sign])}
      className="absolute inset-x-3 bottom-full z-10 mb-1 max-h-[min(26rem,50dvh)] overflow-y-auto rounded-xl border border-line bg-raised p-1 shadow-overlay data-below:top-full data-below:bottom-auto data-below:mt-1 sm:inset-x-5"
    >
      {options.map((option, n) => (
        <Suggestion
          key={option.key}
          id={optionId(n)}
          option={option}
          isPicked={n === picked}
          onChoose={() => onChoose(option)}
        />
      ))}
    </div>
  );
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
