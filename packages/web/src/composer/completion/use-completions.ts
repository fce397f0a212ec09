import type { ConversationView } from '@parley/client';
import type {
  FoundName,
  MentionSuggestion,
  MentionSuggestionsAnswer,
  UserGroupSuggestion,
} from '@parley/protocol';
import { useEffect, useMemo, useState } from 'react';
import type { EmojiOption } from '../../emoji/emoji-search.ts';
import { useEmojiOptions } from '../../emoji/use-emoji-options.ts';
import { fold, scoreOf } from '../../lib/fuzzy.ts';
import { useClient, useParley } from '../../session/use-client.ts';
import type { CommandName } from '../../slash-commands/commands.ts';
import { rememberSuggested } from './suggested-users.ts';
import { groupMention, type TypedName } from './typed-name.ts';

/** Time without a key press after which suggestions are requested. */
const QUIET_MS = 120;
/** How many groups are suggested. */
const GROUPS = 8;

/** A suggestion for a name that is being typed. */
export type Completion = {
  readonly key: string;
  /** The text that replaces the name. */
  readonly chosen: string;
} & (
  | { readonly kind: 'user'; readonly user: MentionSuggestion }
  | { readonly kind: 'user_group'; readonly userGroup: UserGroupSuggestion }
  | { readonly kind: 'everyone' | 'here' }
  | { readonly kind: 'group'; readonly name: string; readonly isMember: boolean }
  | { readonly kind: 'emoji'; readonly emoji: EmojiOption }
  | { readonly kind: 'command'; readonly name: CommandName }
);

/** Returns the suggestions for a typed name; the previous ones until the next answer arrives. */
export function useCompletions(
  view: ConversationView,
  typed: TypedName | null,
  commands: readonly CommandName[],
): readonly Completion[] {
  const searchOf = (sign: TypedName['sign']) => (typed?.sign === sign ? typed.search : null);
  const people = usePeople(view, searchOf('@'));
  const groups = useGroups(searchOf('#'));
  const emoji = useEmojiOptions(typed?.sign === ':' ? typed : null);
  switch (typed?.sign) {
    case '@':
      return people;
    case '#':
      return groups;
    case ':':
      return emoji.map((one) => ({
        key: one.emoji,
        chosen: one.text,
        kind: 'emoji',
        emoji: one,
      }));
    case '/':
      return commandsFor(commands, typed.search);
    case undefined:
      return [];
  }
}

function commandsFor(commands: readonly CommandName[], search: string): Completion[] {
  const names = commands.filter((name) => name.startsWith(search.toLowerCase()));
  // Enter sends a command whose name is complete.
  if (names.length === 1 && names[0] === search.toLowerCase()) return [];
  return names.map((name) => ({ key: name, chosen: `/${name}`, kind: 'command', name }));
}

/** The names by which mentions of all members are suggested: also those of other messengers. */
const NAMES_OF_ALL = { everyone: ['everyone', 'channel', 'all'], here: ['here'] } as const;

const NO_SUGGESTIONS: MentionSuggestionsAnswer = { items: [], userGroups: [] };

/** Suggests users, user groups, and everyone. */
function usePeople(view: ConversationView, search: string | null): readonly Completion[] {
  const client = useClient();
  const suggestions = useAnswer(search, NO_SUGGESTIONS, async (text) => {
    const answer = await client.api.mentionSuggestions(view.id, { search: text });
    rememberSuggested(view.id, answer.items);
    // Earlier versions of the server suggest no user groups.
    return { ...NO_SUGGESTIONS, ...answer };
  });
  if (search === null) return [];
  const mayAll = view.kind === 'group' && view.permissions.includes('mention_everyone');
  const all = mayAll ? (['everyone', 'here'] as const) : [];
  return [
    ...suggestions.items.map(
      (user): Completion => ({
        key: user.account,
        chosen: `@${user.username}`,
        kind: 'user',
        user,
      }),
    ),
    ...suggestions.userGroups.map(
      (userGroup): Completion => ({
        key: userGroup.userGroup,
        chosen: `@${userGroup.name}`,
        kind: 'user_group',
        userGroup,
      }),
    ),
    ...all
      .filter((name) => NAMES_OF_ALL[name].some((one) => one.startsWith(search.toLowerCase())))
      .map((name): Completion => ({ key: name, chosen: `@${name}`, kind: name })),
  ];
}

const NO_NAMES: readonly FoundName[] = [];

/** Suggests the user’s groups first, then public ones that the server finds. */
function useGroups(search: string | null): readonly Completion[] {
  const client = useClient();
  const conversations = useParley((s) => s.conversations);
  const foundNames = useAnswer(search, NO_NAMES, (text) =>
    client.api.searchNames(text.replaceAll('-', ' '), { limit: GROUPS * 2 }),
  );
  return useMemo(() => {
    if (search === null) return [];
    const query = fold(search.replaceAll('-', ' '));
    const own = [...conversations.values()]
      .filter((view) => view.kind === 'group' && view.archivedAt === null)
      .map((view) => ({
        view,
        score: scoreOf(query, fold((view.name ?? '').replaceAll('-', ' '))),
      }))
      .filter(({ score }) => score > 0 || query === '')
      .sort((a, b) => b.score - a.score)
      .map(({ view: { id, name } }) => ({ id, name: name ?? '', isMember: true }));
    const others = foundNames.flatMap((one) =>
      one.kind === 'group' && !own.some(({ id }) => id === one.id) ? [one] : [],
    );
    return [...own, ...others]
      .flatMap(({ id, name, isMember }): Completion[] => {
        const chosen = groupMention(name);
        return chosen === null ? [] : [{ key: id, chosen, kind: 'group', name, isMember }];
      })
      .slice(0, GROUPS);
  }, [search, conversations, foundNames]);
}

/** Returns the last answer for a search that the user is typing; `none` without one, or if the request fails. */
function useAnswer<T>(search: string | null, none: T, ask: (search: string) => Promise<T>): T {
  const [found, setFound] = useState(none);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another search asks again
  useEffect(() => {
    if (search === null) {
      setFound(none);
      return;
    }
    let isCurrent = true;
    const timer = setTimeout(async () => {
      try {
        const answer = await ask(search);
        if (isCurrent) setFound(answer);
      } catch {
        // Suggestions are optional: names can be typed in full.
        if (isCurrent) setFound(none);
      }
    }, QUIET_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [search, none]);
  return found;
}
