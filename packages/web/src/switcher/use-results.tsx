import type { ConversationView } from '@parley/client';
import type { AccountId, ImageId, User } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { MessageSquareText, TextSearch } from 'lucide-react';
import type { ReactNode } from 'react';
import { GroupIcon } from '../conversations/group-icon.tsx';
import { titleOf } from '../conversations/naming.ts';
import { excerpt } from '../lib/display-text.ts';
import { messageHash } from '../lib/message-hash.ts';
import { useParley } from '../session/use-client.ts';
import { activityOf } from '../sidebar/arrangement.ts';
import type { SidebarDialog } from '../sidebar/dialogs.tsx';
import { t } from '../texts/index.ts';
import { useOpenDirect } from '../users/user-list.tsx';
import { type SwitcherCommand, useCommands } from './commands.tsx';
import { fold, scoreOf } from './fuzzy.ts';
import { visits } from './recent.ts';
import { useFoundMessages, useFoundNames } from './use-found.ts';

/** Numbers of results of each kind. */
const RECENT = 8;
const PLACES = 8;
const COMMANDS = 4;
/** Maximum length of the text of a message, in characters. */
const EXCERPT = 90;
/** So many matches are enough to leave out what the server has found by other means. */
const ENOUGH = 3;
/** What the server has found although nothing here matches, such as a former name. */
const FOUND = 10;
/** Conversations that were opened lately come before others that match as well. */
const VISITED = 8;

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

/** Returns what matches a text: conversations and people, messages, commands; without a text what was opened lately. */
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
          .map((command) => ({ command, score: scoreOf(query, fold(command.title)) }))
          .filter(({ score }) => score > 0)
          .sort((a, b) => b.score - a.score)
          .slice(0, COMMANDS)
          .map(({ command }) => command);
  const groups: ResultGroup[] = [
    query === ''
      ? { key: 'recent', title: t('switcher.recent'), results: places }
      : { key: 'places', title: t('switcher.places'), results: places },
    { key: 'messages', title: t('switcher.messages'), results: messages },
    { key: 'commands', title: t('switcher.commands'), results: matching.map(resultOf) },
  ];
  return groups.filter(({ results }) => results.length > 0);
}

const resultOf = ({ key, title, icon, run }: SwitcherCommand): Result => ({
  ...plain,
  key,
  title,
  icon,
  run,
});

/** Returns the conversations and people that match; without a text the conversations that were opened lately. */
function usePlaces(text: string): Result[] {
  const conversations = useParley((s) => s.conversations);
  const users = useParley((s) => s.users);
  const me = useParley((s) => s.me?.id);
  const navigate = useNavigate();
  const openDirect = useOpenDirect();
  const found = useFoundNames(text);
  const visited = visits();

  const ofView = (view: ConversationView): Result => ({
    key: view.id,
    title: titleOf(view, users),
    user: view.peer ?? null,
    avatar: null,
    note: noteOf(view, users),
    icon: <GroupIcon group={view} size={28} className="text-muted" />,
    unread: view.unread,
    run: () => void navigate({ to: '/c/$id', params: { id: view.id } }),
  });
  const ofUser = (user: User): Result => ({
    ...plain,
    key: user.id,
    title: user.displayName,
    note: `@${user.username}`,
    user: user.id,
    avatar: user.avatar,
    icon: null,
    run: () => void openDirect(user.id),
  });

  const views = [...conversations.values()];
  const query = fold(text.trim());
  if (query === '') {
    const rank = (view: ConversationView) => {
      const at = visited.indexOf(view.id);
      return at === -1 ? visited.length : at;
    };
    return views
      .filter((view) => view.archivedAt === null && view.id !== visited[0])
      .sort((a, b) => rank(a) - rank(b) || (activityOf(a) < activityOf(b) ? 1 : -1))
      .slice(0, RECENT)
      .map(ofView);
  }
  const scored = new Map<string, { score: number; result: () => Result }>();
  const add = (key: string, score: number, result: () => Result) => {
    if (score > (scored.get(key)?.score ?? 0)) scored.set(key, { score, result });
  };
  /** Users with whom there is a direct conversation: it stands for them. */
  const reached = new Set<AccountId>();
  for (const view of views) {
    if (view.peer) reached.add(view.peer);
    const peer = view.peer ? users.get(view.peer) : undefined;
    const score = Math.max(
      scoreOf(query, fold(titleOf(view, users))),
      peer ? scoreOf(query, fold(`@${peer.username}`)) : 0,
    );
    const at = visited.indexOf(view.id);
    if (score > 0) add(view.id, score + (at === -1 ? 0 : VISITED), () => ofView(view));
  }
  const addUser = (user: User, least: number) => {
    if (user.id === me || reached.has(user.id) || !user.isActive) return;
    const score = Math.max(
      scoreOf(query, fold(user.displayName)),
      scoreOf(query, fold(`@${user.username}`)),
      least,
    );
    if (score > 0) add(user.id, score, () => ofUser(user));
  };
  for (const user of users.values()) addUser(user, 0);
  // What only the server finds, by other letters of a name, would be noise behind good matches.
  for (const one of scored.size < ENOUGH ? found : []) {
    if (one.kind === 'user') addUser(one.user, FOUND);
    else {
      const view = conversations.get(one.id);
      if (view) add(view.id, FOUND, () => ofView(view));
    }
  }
  return [...scored.values()]
    .sort((a, b) => b.score - a.score)
    .slice(0, PLACES)
    .map(({ result }) => result());
}

function noteOf(view: ConversationView, users: ReadonlyMap<AccountId, User>): string {
  if (view.archivedAt !== null) return t('sidebar.archived');
  if (view.peer) return `@${users.get(view.peer)?.username ?? ''}`;
  if (view.kind === 'direct') return t('switcher.direct');
  return view.visibility === 'private' ? t('switcher.privateGroup') : t('switcher.group');
}

/** Returns the first messages that match, and what leads to all of them. */
function useMessages(text: string): Result[] {
  const conversations = useParley((s) => s.conversations);
  const users = useParley((s) => s.users);
  const navigate = useNavigate();
  const found = useFoundMessages(text);
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
    ...found.flatMap(({ message, snippet }): Result[] => {
      const id = message.conversation;
      const view = conversations.get(id);
      if (!view) return [];
      return [
        {
          ...plain,
          key: `${id}-${message.seq}`,
          title: excerpt(snippet.text, EXCERPT) || t('files.file'),
          note: titleOf(view, users),
          icon: <MessageSquareText size={18} />,
          run: () =>
            void navigate({ to: '/c/$id', params: { id }, hash: messageHash(message.seq) }),
        },
      ];
    }),
  ];
}
