import type { ConversationId } from '@parley/protocol';
import { useNavigate, useParams } from '@tanstack/react-router';
import {
  Activity,
  AtSign,
  Bell,
  Bookmark,
  CalendarClock,
  CheckCheck,
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
import { attempt } from '../lib/attempt.ts';
import { useConversation } from '../session/entries.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { useCloseConversation } from '../sidebar/closing.ts';
import type { SidebarDialog } from '../sidebar/dialogs.tsx';
import { t } from '../texts/index.ts';
import { setTheme } from '../ui/theme.ts';

/** A command of the quick switcher. */
export interface SwitcherCommand {
  readonly key: string;
  readonly title: string;
  readonly icon: ReactNode;
  readonly run: () => void;
}

/** Returns the commands of the quick switcher. */
export function useCommands(openDialog: (dialog: SidebarDialog) => void): SwitcherCommand[] {
  const client = useClient();
  const navigate = useNavigate();
  const open = useConversation(useParams({ strict: false }).id as ConversationId | undefined);
  const close = useCloseConversation();
  const permissions = useParley((s) => s.me?.permissions);
  const unreadOnly = useParley((s) => s.sidebar.layout.unreadOnly);
  const isDark =
    document.documentElement.dataset.theme === 'dark' ||
    (document.documentElement.dataset.theme !== 'light' &&
      matchMedia('(prefers-color-scheme: dark)').matches);
  const command = (
    key: string,
    title: string,
    icon: ReactNode,
    run: () => void,
  ): SwitcherCommand => ({ key: `command-${key}`, title, icon, run });
  return [
    ...(permissions?.includes('create_groups')
      ? [
          command('group', t('sidebar.createAGroup'), <Hash size={18} />, () =>
            openDialog('create'),
          ),
        ]
      : []),
    command('direct', t('newDirect.title'), <MessageCircle size={18} />, () =>
      openDialog('direct'),
    ),
    ...(permissions?.includes('browse_groups')
      ? [
          command('browse', t('sidebar.browseGroups'), <Compass size={18} />, () =>
            openDialog('browse'),
          ),
        ]
      : []),
    ...(open?.kind === 'direct'
      ? [command('close', t('sidebar.close'), <X size={18} />, () => close(open))]
      : []),
    command(
      'read',
      t('sidebar.markAllRead'),
      <CheckCheck size={18} />,
      () => void attempt(() => client.api.readAll()),
    ),
    command(
      'unread',
      unreadOnly ? t('sidebar.showAll') : t('sidebar.unreadOnly'),
      <ListFilter size={18} />,
      () => void attempt(() => client.sidebar.setUnreadOnly(!unreadOnly)),
    ),
    command(
      'theme',
      isDark ? t('switcher.lightMode') : t('switcher.darkMode'),
      isDark ? <Sun size={18} /> : <Moon size={18} />,
      () => setTheme(isDark ? 'light' : 'dark'),
    ),
    command(
      'activity',
      t('activity.title'),
      <Activity size={18} />,
      () => void navigate({ to: '/activity' }),
    ),
    command(
      'threads',
      t('threads.title'),
      <MessagesSquare size={18} />,
      () => void navigate({ to: '/threads' }),
    ),
    command(
      'drafts',
      t('drafts.title'),
      <Pencil size={18} />,
      () => void navigate({ to: '/drafts' }),
    ),
    command(
      'saved',
      t('saved.title'),
      <Bookmark size={18} />,
      () => void navigate({ to: '/saved' }),
    ),
    command(
      'scheduled',
      t('scheduled.title'),
      <CalendarClock size={18} />,
      () => void navigate({ to: '/scheduled' }),
    ),
    command(
      'user-groups',
      t('userGroups.title'),
      <AtSign size={18} />,
      () => void navigate({ to: '/user-groups' }),
    ),
    command('shortcuts', t('shortcuts.title'), <Keyboard size={18} />, () =>
      openDialog('shortcuts'),
    ),
    command(
      'settings',
      t('switcher.settings'),
      <Settings size={18} />,
      () => void navigate({ to: '/settings/profile' }),
    ),
    command(
      'notifications',
      t('switcher.notificationSettings'),
      <Bell size={18} />,
      () => void navigate({ to: '/settings/notifications' }),
    ),
    ...(permissions?.includes('administer')
      ? [
          command(
            'admin',
            t('common.administration'),
            <ShieldCheck size={18} />,
            () => void navigate({ to: '/admin' }),
          ),
        ]
      : []),
  ];
}
