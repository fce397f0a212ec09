import type { ConversationId } from '@parley/protocol';
import { useNavigate, useParams } from '@tanstack/react-router';
import {
  Activity,
  AtSign,
  Bell,
  Bookmark,
  CalendarClock,
  CheckCheck,
  CircleCheck,
  Clock,
  Compass,
  Hash,
  Keyboard,
  ListFilter,
  MessageCircle,
  MessagesSquare,
  Moon,
  Pencil,
  Settings,
  ShieldCheck,
  Sun,
  X,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { useCloseConversation } from '../conversations/closing.ts';
import { loadPart } from '../lib/load-error.ts';
import { useConversation } from '../session/entries.ts';
import { useClient, useParley } from '../session/use-client.ts';
import type { SidebarDialog } from '../sidebar/dialogs.tsx';
import { markAllRead } from '../sidebar/mark-all-read.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { setTheme } from '../ui/theme.ts';

/** A command of the quick switcher. */
export interface SwitcherCommand {
  readonly key: string;
  readonly title: string;
  /** Other names that users know it by, separated by commas. */
  readonly words: string;
  readonly icon: ReactNode;
  readonly run: () => void;
}

/** Returns the commands of the quick switcher. */
export function useCommands(openDialog: (dialog: SidebarDialog) => void): SwitcherCommand[] {
  const conversations = useConversationCommands(openDialog);
  const unread = useUnreadCommands();
  const away = useAwayCommand();
  const { content, settings } = usePageCommands();
  return [
    ...conversations,
    ...unread,
    away,
    themeCommand(),
    ...content,
    command('shortcuts', t('shortcuts.title'), <Keyboard size={18} />, () =>
      openDialog('shortcuts'),
    ),
    ...settings,
  ];
}

const command = (
  key: string,
  title: string,
  icon: ReactNode,
  run: () => void,
  words = '',
): SwitcherCommand => ({ key: `command-${key}`, title, words, icon, run });

/** Returns the commands that start, find and close conversations. */
function useConversationCommands(openDialog: (dialog: SidebarDialog) => void): SwitcherCommand[] {
  const open = useConversation(useParams({ strict: false }).id as ConversationId | undefined);
  const close = useCloseConversation();
  const permissions = useParley((s) => s.me?.permissions);
  const all: SwitcherCommand[] = [];
  if (permissions?.includes('create_groups')) {
    all.push(
      command(
        'group',
        t('sidebar.createAGroup'),
        <Hash size={18} />,
        () => openDialog('create'),
        t('switcherWords.group'),
      ),
    );
  }
  all.push(
    command(
      'direct',
      t('newDirect.title'),
      <MessageCircle size={18} />,
      () => openDialog('direct'),
      t('switcherWords.direct'),
    ),
  );
  if (permissions?.includes('browse_groups')) {
    all.push(
      command(
        'browse',
        t('sidebar.browseGroups'),
        <Compass size={18} />,
        () => openDialog('browse'),
        t('switcherWords.browse'),
      ),
    );
  }
  if (open?.kind === 'direct') {
    all.push(command('close', t('sidebar.close'), <X size={18} />, () => close(open)));
  }
  return all;
}

/** Returns the commands about unread conversations. */
function useUnreadCommands(): SwitcherCommand[] {
  const client = useClient();
  const unreadOnly = useParley((s) => s.sidebar.layout.unreadOnly);
  return [
    command(
      'read',
      t('sidebar.markAllRead'),
      <CheckCheck size={18} />,
      () => void markAllRead(client),
    ),
    command(
      'unread',
      unreadOnly ? t('sidebar.showAll') : t('sidebar.unreadOnly'),
      <ListFilter size={18} />,
      () => void attempt(() => client.sidebar.setUnreadOnly(!unreadOnly)),
    ),
  ];
}

/** Returns the command that sets the user away, or active again. */
function useAwayCommand(): SwitcherCommand {
  const client = useClient();
  const isAway = useParley((s) => s.me !== null && s.statuses.get(s.me.id)?.isAway === true);
  const set = async () => {
    const { setAway } = await loadPart(() => import('../users/own-status.ts'));
    await setAway(client, !isAway);
  };
  return command(
    'away',
    t(isAway ? 'status.setActive' : 'status.setAway'),
    isAway ? <CircleCheck size={18} /> : <Clock size={18} />,
    () => void attempt(set),
    t('switcherWords.away'),
  );
}

/** Returns the command that switches to the theme that is not shown. */
function themeCommand(): SwitcherCommand {
  const { theme } = document.documentElement.dataset;
  const isDark =
    theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  return command(
    'theme',
    isDark ? t('switcher.lightMode') : t('switcher.darkMode'),
    isDark ? <Sun size={18} /> : <Moon size={18} />,
    () => setTheme(isDark ? 'light' : 'dark'),
    t('switcherWords.theme'),
  );
}

/** Returns the commands that open pages: those with messages and people, and those with settings. */
function usePageCommands(): Record<'content' | 'settings', SwitcherCommand[]> {
  const navigate = useNavigate();
  const mayAdminister = useParley((s) => s.me?.permissions)?.includes('administer');
  const page = (key: string, title: string, icon: ReactNode, to: string, words?: string) =>
    command(key, title, icon, () => void navigate({ to }), words);
  return {
    content: [
      page(
        'activity',
        t('activity.title'),
        <Activity size={18} />,
        '/activity',
        t('switcherWords.activity'),
      ),
      page('threads', t('threads.title'), <MessagesSquare size={18} />, '/threads'),
      page('drafts', t('drafts.title'), <Pencil size={18} />, '/drafts'),
      page('saved', t('saved.title'), <Bookmark size={18} />, '/saved', t('switcherWords.saved')),
      page(
        'scheduled',
        t('scheduled.title'),
        <CalendarClock size={18} />,
        '/scheduled',
        t('switcherWords.scheduled'),
      ),
      page('user-groups', t('userGroups.title'), <AtSign size={18} />, '/user-groups'),
    ],
    settings: [
      page(
        'settings',
        t('switcher.settings'),
        <Settings size={18} />,
        '/settings/profile',
        t('switcherWords.settings'),
      ),
      page(
        'notifications',
        t('switcher.notificationSettings'),
        <Bell size={18} />,
        '/settings/notifications',
      ),
      ...(mayAdminister
        ? [
            page(
              'admin',
              t('common.administration'),
              <ShieldCheck size={18} />,
              '/admin',
              t('switcherWords.admin'),
            ),
          ]
        : []),
    ],
  };
}
