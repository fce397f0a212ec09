import type { SearchFilter, SearchFilterName } from '@parley/protocol';
import {
  type AccountId,
  type ConversationId,
  type FoundName,
  SEARCH_FILTERS,
} from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { Hash } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { titleOf } from '../lib/conversation-views.ts';
import { fold, scoreOf } from '../lib/fuzzy.ts';
import { keys } from '../queries/keys.ts';
import { pauseInTyping } from '../queries/pause-in-typing.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Avatar } from '../ui/avatar.tsx';
import { handleOf } from '../users/handle.tsx';
import { fixedValues } from './search-state.ts';

/** A value that a filter can take. */
export interface FilterValue {
  /** What the filter has. */
  readonly value: string;
  /** How it is shown. */
  readonly title: string;
  readonly note: string | null;
  readonly icon: ReactNode;
}

/** The labels of filters. */
export const FILTER_TITLES: Readonly<Record<SearchFilterName, PlainKey>> = {
  from: 'search.from',
  in: 'search.in',
  mentions: 'search.mentions',
  has: 'search.has',
  is: 'search.is',
  before: 'search.before',
  after: 'search.after',
  on: 'search.on',
};

const FIXED_TITLES: Readonly<Record<string, PlainKey>> = {
  me: 'search.me',
  everyone: 'search.everyone',
  here: 'search.here',
  today: 'search.today',
  yesterday: 'search.yesterday',
  link: 'search.hasLink',
  reaction: 'search.hasReaction',
  pin: 'search.hasPin',
  poll: 'search.hasPoll',
  file: 'search.hasFile',
  image: 'search.hasImage',
  thread: 'search.isThread',
  saved: 'search.isSaved',
};

const fixedTitle = (value: string): string | null => {
  const key = FIXED_TITLES[value.toLowerCase()];
  return key === undefined ? null : t(key);
};

/** Time without a key press after which names are requested. */
const QUIET_MS = 120;
const SUGGESTED = 8;
const NONE: readonly FoundName[] = [];

/** Returns the values to suggest for a filter whose value is being typed; null: for none. */
export function useFilterValues(
  filter: Pick<SearchFilter, 'name' | 'value'> | null,
): readonly FilterValue[] {
  const takesName = filter !== null && SEARCH_FILTERS[filter.name].takes === 'name';
  const typed = takesName ? filter.value.replace(/^[@#]/, '') : null;
  const foundNames = useFoundNames(typed);
  const conversations = useParley((s) => s.conversations);
  const users = useParley((s) => s.users);
  return useMemo(() => {
    if (filter === null) return [];
    const fixed = fixedValues(filter.name, filter.value).map(
      (value): FilterValue => ({
        value,
        title: fixedTitle(value) ?? value,
        note: null,
        icon: null,
      }),
    );
    if (typed === null) return fixed;
    if (filter.name !== 'in') return [...fixed, ...usersOf(foundNames)].slice(0, SUGGESTED);
    return [...conversations.values()]
      .map((view) => ({ view, title: titleOf(view, users) }))
      .map(({ view, title }) => ({ view, title, score: scoreOf(fold(typed), fold(title)) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, SUGGESTED)
      .map(({ view: { id, kind, peer }, title }) => ({
        value: id,
        title,
        note: null,
        icon: peer ? (
          <Avatar id={peer} name={title} size={24} />
        ) : (
          kind === 'group' && <Hash size={16} />
        ),
      }));
  }, [filter, typed, foundNames, conversations, users]);
}

const usersOf = (found: readonly FoundName[]): FilterValue[] =>
  found.flatMap((one) => {
    if (one.kind !== 'user') return [];
    const { id, username, displayName, avatar } = one.user;
    return [
      {
        value: username,
        title: displayName,
        note: handleOf(username),
        icon: <Avatar id={id} name={displayName} size={24} avatar={avatar} />,
      },
    ];
  });

/** Returns users and groups whose names match what is typed; none until the server has answered. */
function useFoundNames(typed: string | null): readonly FoundName[] {
  const client = useClient();
  const { data } = useQuery({
    queryKey: keys.foundNames(typed ?? '', SUGGESTED * 2),
    queryFn: async ({ signal }) => {
      await pauseInTyping(QUIET_MS, signal);
      return await client.api.searchNames(typed ?? '', { limit: SUGGESTED * 2, signal });
    },
    enabled: typed !== null,
    placeholderData: (shown) => (typed === null ? undefined : shown),
  });
  // The value can be typed without suggestions.
  return data ?? NONE;
}

/**
 * Returns a function that formats the value of a filter, such as the title of a conversation for
 * its id.
 */
export function useValueTitle(): (filter: SearchFilter) => string {
  const conversations = useParley((s) => s.conversations);
  const users = useParley((s) => s.users);
  return ({ name, value }) => {
    const bare = value.replace(/^[@#]/, '');
    if (name === 'in') {
      const view = conversations.get(bare as ConversationId);
      return view ? titleOf(view, users) : value;
    }
    if (SEARCH_FILTERS[name].takes === 'name') {
      const user =
        users.get(bare as AccountId) ??
        [...users.values()].find(({ username }) => username.toLowerCase() === bare.toLowerCase());
      if (user) return user.displayName;
    }
    return fixedTitle(value) ?? value;
  };
}
