import type { ConversationView } from '@parley/client';
import type {
  MentionSuggestion,
  MentionSuggestionsAnswer,
  UserGroupSuggestion,
} from '@parley/protocol';
import { AtSign, Users } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from 'react';
import { CustomEmojiImage } from '../emoji/custom-emoji-image.tsx';
import { emojiQuery, withEmoji } from '../emoji/emoji-query.ts';
import type { EmojiOption } from '../emoji/emoji-search.ts';
import { useEmojiOptions } from '../emoji/use-emoji-options.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { cx } from '../ui/cx.ts';
import { type MentionQuery, mentionQuery, withName } from './mention-query.ts';

/** Time without a key press after which suggestions are requested. */
const QUIET_MS = 120;

/** What can be chosen: an account, a user group, members together, or an emoji. */
interface Option {
  readonly name: string;
  readonly user?: MentionSuggestion;
  readonly userGroup?: UserGroupSuggestion;
  readonly emoji?: EmojiOption;
}

const NO_SUGGESTIONS: MentionSuggestionsAnswer = { items: [], userGroups: [] };

/** What a field with a mention menu renders and passes on. */
export interface MentionMenu {
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

/** Suggests names while the user types `@` and a part of one, and emoji for `:` and a part of their name. */
export function useMentionMenu({
  view,
  text,
  caret,
  onChange,
}: {
  view: ConversationView;
  text: string;
  caret: number;
  onChange: (text: string, caret: number) => void;
}): MentionMenu {
  const id = useId();
  const mention = mentionQuery(text, caret);
  const typedEmoji = mention ? null : emojiQuery(text, caret);
  const query = mention ?? typedEmoji;
  const key = query && `${query.start} ${query.search}`;
  const [closed, setClosed] = useState<string | null>(null);
  const [chosen, setChosen] = useState({ key, index: 0 });
  const names = useOptions(view, closed === key ? null : mention);
  const emoji = useEmojiOptions(closed === key ? null : typedEmoji);
  const options = typedEmoji ? emoji.map(optionOfEmoji) : names;
  const isOpen = options.length > 0 && closed !== key;
  const index = chosen.key === key ? Math.min(chosen.index, options.length - 1) : 0;
  const optionId = (n: number) => `${id}-${n}`;

  const choose = (option: Option | undefined) => {
    if (!query || !option) return;
    const next = option.emoji
      ? withEmoji(text, query, option.emoji.text)
      : withName(text, query, option.name);
    onChange(next.text, next.caret);
  };
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (!isOpen || event.nativeEvent.isComposing) return false;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      setChosen({ key, index: (index + step + options.length) % options.length });
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
      {isOpen && (
        <div
          id={id}
          role="listbox"
          aria-label={t(typedEmoji ? 'composer.emojiSuggestions' : 'composer.suggestions')}
          className="absolute inset-x-3 bottom-full z-10 mb-1 max-h-72 overflow-y-auto rounded-xl border border-line bg-raised p-1 shadow-overlay sm:inset-x-5"
        >
          {options.map((option, n) => (
            <Suggestion
              key={
                option.user?.account ??
                option.userGroup?.userGroup ??
                option.emoji?.emoji ??
                option.name
              }
              id={optionId(n)}
              option={option}
              isChosen={n === index}
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

const optionOfEmoji = (emoji: EmojiOption): Option => ({ name: emoji.names[0] ?? '', emoji });

/** Returns the options for what is typed; those of the last answer until the next one arrives. */
function useOptions(view: ConversationView, query: MentionQuery | null): readonly Option[] {
  const client = useClient();
  const [found, setFound] = useState(NO_SUGGESTIONS);
  const search = query?.search;
  useEffect(() => {
    if (search === undefined) {
      setFound(NO_SUGGESTIONS);
      return;
    }
    let isCurrent = true;
    const timer = setTimeout(async () => {
      try {
        const answer = await client.api.mentionSuggestions(view.id, { search });
        // A server of an earlier version suggests no user groups.
        if (isCurrent) setFound({ ...NO_SUGGESTIONS, ...answer });
      } catch {
        // Names can be typed without suggestions.
        if (isCurrent) setFound(NO_SUGGESTIONS);
      }
    }, QUIET_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, view.id, search]);
  if (search === undefined) return [];
  const mayAll = view.kind === 'group' && view.permissions.includes('mention_everyone');
  const all = mayAll ? (['everyone', 'here'] as const) : [];
  return [
    ...found.items.map((user) => ({ name: user.username, user })),
    ...found.userGroups.map((userGroup) => ({ name: userGroup.name, userGroup })),
    ...all.filter((name) => name.startsWith(search.toLowerCase())).map((name) => ({ name })),
  ];
}

function Suggestion({
  id,
  option: { name, user, userGroup, emoji },
  isChosen,
  onChoose,
}: {
  id: string;
  option: Option;
  isChosen: boolean;
  onChoose: () => void;
}) {
  const quiet = isChosen ? 'text-soft' : 'text-muted';
  const title = user?.displayName ?? userGroup?.title;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the active option
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys
    <div
      id={id}
      role="option"
      aria-selected={isChosen}
      // The field keeps the focus.
      onMouseDown={(event) => event.preventDefault()}
      onClick={onChoose}
      className={cx(
        'flex min-h-11 w-full cursor-pointer items-center gap-3 rounded-lg px-2',
        isChosen ? 'bg-selected' : 'hover:bg-hover',
      )}
    >
      {user ? (
        <Avatar id={user.account} name={user.displayName} size={28} avatar={user.avatar} />
      ) : (
        <span className="flex size-7 items-center justify-center text-muted">
          {emoji ? (
            <span className="text-2xl text-ink leading-none">
              {emoji.image ? <CustomEmojiImage image={emoji.image} name={name} /> : emoji.text}
            </span>
          ) : userGroup ? (
            <Users size={18} />
          ) : (
            <AtSign size={18} />
          )}
        </span>
      )}
      <span className="min-w-0 flex-1 truncate">
        {title && <bdi className="font-medium">{title} </bdi>}
        <span className={cx(title && cx('text-note', quiet))}>
          {emoji ? `:${name}:` : `@${name}`}
        </span>
      </span>
      <span className={cx('shrink-0 text-caption', quiet)}>
        {user
          ? !user.isMember && t('composer.notMember')
          : userGroup
            ? t('common.members', { count: userGroup.size })
            : !emoji && t(name === 'everyone' ? 'composer.everyone' : 'composer.here')}
      </span>
    </div>
  );
}
