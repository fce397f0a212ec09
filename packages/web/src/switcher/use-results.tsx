import type { ConversationView } from '@parley/client';
import {
  type AccountId,
  type ConversationId,
  type ImageId,
  nameOfMentions,
  type User,
} from '@parley/protocol';
import { useNavigate, useParams } from '@tanstack/react-router';
import { MessageSquareText, TextSearch } from 'lucide-react';
import type { ReactNode } from 'react';
import { GroupIcon } from '../conversations/group-icon.tsx';
import { titleOf } from '../lib/conversation-views.ts';
import { excerpt } from '../lib/display-text.ts';
import { fold, scoreOf } from '../lib/fuzzy.ts';
import { messageHash } from '../lib/message-hash.ts';
import { plainSnippet } from '../search/plain-snippet.ts';
import { useParley } from '../session/use-client.ts';
import { visits } from '../session/visits.ts';
import type { SidebarDialog } from '../sidebar/dialogs.tsx';
import { t } from '../texts/index.ts';
import { handleOf } from '../users/handle.tsx';
import { shownMention } from '../users/mention-names.ts';
import { useOpenDirect } from '../users/user-list.tsx';
import { type SwitcherCommand, useCommands } from './commands.tsx';
import { matchingPlaces, recentPlaces } from './places.ts';
import { useFoundMessages, useFoundNames } from './use-found.ts';

/** Maximum number of commands of a text. */
const COMMANDS = 4;
/** Maximum length of the text of a message, in characters. */
const EXCERPT = 90;
/** One result of the quick switcher. */
export interface Result {
  readonly key: string;
  readonly title: string;
  readonly note: string;
  /** A user whose avatar is shown, or null: the icon. */
  readonly user: AccountId | null;
  readonly avatar: ImageId | null;
  readonly icon: ReactNode;
  readonly unread: number;
  readonly run: () => void;
}

/** Results under a heading. */
export interface ResultGroup {
  readonly key: 'recent' | 'places' | 'messages' | 'commands';
  readonly title: string;
  readonly results: readonly Result[];
}

const plain = { note: '', user: null, avatar: null, unread: 0 };

/**
 * Returns the matches of a text: conversations and people, messages, commands; without a text,
 * recently opened places.
 */
export function useResults(
  text: string,
  openDialog: (dialog: SidebarDialog) => void,
): readonly ResultGroup[] {
  const places = usePlaces(text);
  const messages = useMessages(text);
  const commands = useCommands(openDialog);
  const query = fold(text.trim());
  const matching =
    query === ''
      ? commands
      : commands
          .map((command) => ({ command, score: scoreOfCommand(query, command) }))
          .filter(({ score }) => score > 0)
          .sort((a, b) => b.score - a.score)
          .slice(0, COMMANDS)
          .map(({ command }) => command);
  const first: ResultGroup =
    query === ''
      ? { key: 'recent', title: t('switcher.recent'), results: places }
      : { key: 'places', title: t('switcher.places'), results: places };
  const messageGroup: ResultGroup = {
    key: 'messages',
    title: t('switcher.messages'),
    results: messages,
  };
  const rest: ResultGroup = {
    key: 'commands',
    title: t('switcher.commands'),
    results: matching.map(resultOf),
  };
  // A user who types the name of a command is not searching messages for it.
  const isNamed =
    matching[0] !== undefined && namesOf(matching[0]).some((name) => name.startsWith(query));
  const groups = isNamed ? [first, rest, messageGroup] : [first, messageGroup, rest];
  return groups.filter(({ results }) => results.length > 0);
}

/** Returns the names that a command is found by, folded; its title is the first. */
const namesOf = ({ title, words }: SwitcherCommand): string[] =>
  [title, ...words.split(',')].map((name) => fold(name.trim())).filter((name) => name !== '');

/** Returns the score of the best name of a command; among equals, that of titles counts more. */
function scoreOfCommand(query: string, command: SwitcherCommand): number {
  const [title = '', ...others] = namesOf(command);
  return Math.max(scoreOf(query, title), ...others.map((name) => scoreOf(query, name) - 1));
}

const resultOf = ({ key, title, icon, run }: SwitcherCommand): Result => ({
  ...plain,
  key,
  title,
  icon,
  run,
});

/** Returns the matching conversations and people; without a text, recently opened conversations. */
function usePlaces(text: string): Result[] {
  const conversations = useParley((s) => s.conversations);
  const users = useParley((s) => s.users);
  const me = useParley((s) => s.me?.id);
  const navigate = useNavigate();
  const openDirect = useOpenDirect();
  const foundNames = useFoundNames(text);
  const input = { conversations, users, me, visited: visits() };
  const places = text.trim() === '' ? recentPlaces(input) : matchingPlaces(text, input, foundNames);
  return places.map((place): Result => {
    if (place.kind === 'user') {
      const { user } = place;
      return {
        ...plain,
        key: user.id,
        title: user.displayName,
        note: handleOf(user.username),
        user: user.id,
        avatar: user.avatar,
        icon: null,
        run: () => void openDirect(user.id),
      };
    }
    const { view } = place;
    return {
      ...plain,
      key: view.id,
      title: titleOf(view, users),
      note: noteOf(view, users),
      user: view.peer ?? null,
      icon: <GroupIcon group={view} size={28} className="text-muted" />,
      unread: view.unread,
      run: () => void navigate({ to: '/c/$id', params: { id: view.id } }),
    };
  });
}

function noteOf(view: ConversationView, users: ReadonlyMap<AccountId, User>): string {
  if (view.archivedAt !== null) return t('sidebar.archived');
  if (view.peer) return `@${users.get(view.peer)?.username ?? ''}`;
  if (view.kind === 'direct') return t('switcher.direct');
  return view.visibility === 'private' ? t('switcher.privateGroup') : t('switcher.group');
}

/** Returns the first matching messages, and a link to all of them. */
function useMessages(text: string): Result[] {
  const conversations = useParley((s) => s.conversations);
  const users = useParley((s) => s.users);
  const userGroups = useParley((s) => s.userGroups);
  const names = { users, userGroups, conversations };
  const navigate = useNavigate();
  const foundMessages = useFoundMessages(text);
  const { id: openId } = useParams({ strict: false });
  const open = conversations.get(openId as ConversationId);
  const q = text.trim();
  if (q === '') return [];
  return [
    {
      ...plain,
      key: 'search',
      title: t('switcher.searchFor', { text: q }),
      icon: <TextSearch size={18} />,
      run: () => void navigate({ to: '/search', search: { q } }),
    },
    ...(open
      ? [
          {
            ...plain,
            key: 'search-here',
            title: t('switcher.searchIn', { text: q, title: titleOf(open, users) }),
            icon: <TextSearch size={18} />,
            run: () => void navigate({ to: '/search', search: { q: `in:${open.id} ${q}` } }),
          },
        ]
      : []),
    ...foundMessages.flatMap(({ message, snippet }): Result[] => {
      const id = message.conversation;
      const view = conversations.get(id);
      if (!view) return [];
      const nameOf = nameOfMentions(message.mentions, (one) => shownMention(one, names));
      return [
        {
          ...plain,
          key: `${id}-${message.seq}`,
          title:
            excerpt(plainSnippet(message.body, snippet, nameOf).text, EXCERPT) || t('files.file'),
          note: titleOf(view, users),
          icon: <MessageSquareText size={18} />,
          run: () =>
            void navigate({ to: '/c/$id', params: { id }, hash: messageHash(message.seq) }),
        },
      ];
    }),
  ];
}
