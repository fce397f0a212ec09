import { Link } from '@tanstack/react-router';
import {
  AtSign,
  Bell,
  BellOff,
  Bookmark,
  CalendarClock,
  Check,
  Contrast,
  Laptop,
  LogOut,
  Moon,
  ShieldCheck,
  Smile,
  SmilePlus,
  Sun,
  UserRound,
  Volume2,
  VolumeX,
} from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { type ReactNode, useState } from 'react';
import { attempt } from '../lib/attempt.ts';
import { lazyPart } from '../lib/lazy-part.tsx';
import { loadPart } from '../lib/load-error.ts';
import { timeOfDay } from '../lib/time.ts';
import { useAllOpenReports, useOpenReports } from '../messages/use-open-reports.ts';
import { useNotificationSettings } from '../notifications/settings.ts';
import { SavedMessages } from '../personal/saved-messages.tsx';
import { logout } from '../session/session.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { MENU, MENU_ITEM, MENU_LABEL, MENU_LINE } from '../ui/menu-style.ts';
import { Skeleton } from '../ui/skeleton.tsx';
import { setMoreContrast, setTheme, type Theme, useMoreContrast, useTheme } from '../ui/theme.ts';
import { UnreadBadge } from '../ui/unread-badge.tsx';
import { useShownPresence } from '../users/shown-presence.ts';

const StatusDialog = lazyPart(
  async () => (await import('../users/status-dialog.tsx')).StatusDialog,
);

const THEMES: [Theme, PlainKey, ReactNode][] = [
  ['system', 'ownMenu.themeSystem', <Laptop key="s" size={16} />],
  ['light', 'ownMenu.themeLight', <Sun key="l" size={16} />],
  ['dark', 'ownMenu.themeDark', <Moon key="d" size={16} />],
];

/** The account menu: settings, theme, notifications, log out. */
export function OwnMenu() {
  const me = useParley((s) => s.me);
  const theme = useTheme();
  const moreContrast = useMoreContrast();
  const [isSavedShown, setSavedShown] = useState(false);
  const [isStatusShown, setStatusShown] = useState(false);
  const [isLogoutAsked, setLogoutAsked] = useState(false);
  const unsent = useParley((s) => s.outbox.filter(({ command }) => command.op !== 'read').length);
  const client = useClient();
  const status = useParley((s) => (s.me ? s.statuses.get(s.me.id) : undefined));
  const shownPresence = useShownPresence();
  const toggleQuiet = async () => {
    const { setDoNotDisturb } = await loadPart(() => import('../users/do-not-disturb.ts'));
    await setDoNotDisturb(client, !status?.doNotDisturbUntil);
  };
  useOpenReports();
  const reports = useAllOpenReports();
  const reportBadge = (className?: string) =>
    reports > 0 && (
      <UnreadBadge
        count={reports}
        text={t('reports.open', { count: reports })}
        {...(className && { className })}
      />
    );
  const { permission, notify, sound, setNotify, setSound } = useNotificationSettings();
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger
          data-tour="account"
          aria-label={
            reports > 0 ? t('ownMenu.titleWithReports', { count: reports }) : t('ownMenu.title')
          }
          className="relative flex size-10 pointer-coarse:size-11 items-center justify-center rounded-lg hover:bg-hover"
        >
          {me ? (
            <Avatar id={me.id} name={me.displayName} size={32} presence={shownPresence(me.id)} />
          ) : (
            <Skeleton className="size-8 rounded-avatar" />
          )}
          {reportBadge('-end-1 -top-1 absolute')}
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            align="end"
            sideOffset={6}
            collisionPadding={8}
            className={`${MENU} w-64`}
          >
            <div className="px-2.5 pt-1.5 pb-2.5">
              <p className="truncate font-semibold">
                <bdi>{me?.displayName}</bdi>
              </p>
              <p className="truncate text-muted text-sm">@{me?.username}</p>
            </div>
            <Separator />
            <DropdownMenu.Item className={MENU_ITEM} onSelect={() => setStatusShown(true)}>
              <span className="w-4 shrink-0 text-center">
                {status?.emoji ?? <Smile size={16} />}
              </span>
              <bdi className="truncate">{status?.text || t('status.set')}</bdi>
            </DropdownMenu.Item>
            <DropdownMenu.Item className={MENU_ITEM} onSelect={() => void attempt(toggleQuiet)}>
              <BellOff size={16} />
              {status?.doNotDisturbUntil
                ? t('status.quietUntil', { time: timeOfDay(status.doNotDisturbUntil) })
                : t('status.quietStart')}
            </DropdownMenu.Item>
            <DropdownMenu.Item asChild className={MENU_ITEM}>
              <Link to="/settings">
                <UserRound size={16} /> {t('common.yourAccount')}
              </Link>
            </DropdownMenu.Item>
            <DropdownMenu.Item className={MENU_ITEM} onSelect={() => setSavedShown(true)}>
              <Bookmark size={16} /> {t('saved.title')}
            </DropdownMenu.Item>
            <DropdownMenu.Item asChild className={MENU_ITEM}>
              <Link to="/scheduled">
                <CalendarClock size={16} /> {t('scheduled.title')}
              </Link>
            </DropdownMenu.Item>
            <DropdownMenu.Item asChild className={MENU_ITEM}>
              <Link to="/user-groups">
                <AtSign size={16} /> {t('userGroups.title')}
              </Link>
            </DropdownMenu.Item>
            <DropdownMenu.Item asChild className={MENU_ITEM}>
              <Link to="/emoji">
                <SmilePlus size={16} /> {t('emoji.title')}
              </Link>
            </DropdownMenu.Item>
            {me?.permissions.includes('administer') && (
              <DropdownMenu.Item asChild className={MENU_ITEM}>
                <Link to="/admin">
                  <ShieldCheck size={16} />
                  <span className="flex-1">{t('common.administration')}</span>
                  {reportBadge()}
                </Link>
              </DropdownMenu.Item>
            )}
            <Separator />
            <DropdownMenu.Label className={MENU_LABEL}>{t('ownMenu.theme')}</DropdownMenu.Label>
            <DropdownMenu.RadioGroup
              value={theme}
              onValueChange={(value) => setTheme(value as Theme)}
            >
              {THEMES.map(([value, description, icon]) => (
                <DropdownMenu.RadioItem key={value} value={value} className={MENU_ITEM}>
                  {icon} <span className="flex-1">{t(description)}</span>
                  <DropdownMenu.ItemIndicator>
                    <Check size={16} />
                  </DropdownMenu.ItemIndicator>
                </DropdownMenu.RadioItem>
              ))}
            </DropdownMenu.RadioGroup>
            <DropdownMenu.CheckboxItem
              className={MENU_ITEM}
              checked={moreContrast}
              onCheckedChange={setMoreContrast}
            >
              <Contrast size={16} /> <span className="flex-1">{t('ownMenu.moreContrast')}</span>
              <DropdownMenu.ItemIndicator>
                <Check size={16} />
              </DropdownMenu.ItemIndicator>
            </DropdownMenu.CheckboxItem>
            <Separator />
            <DropdownMenu.CheckboxItem
              className={MENU_ITEM}
              checked={notify}
              disabled={permission === 'denied' || permission === 'unsupported'}
              onCheckedChange={(on) => void setNotify(on)}
            >
              {notify ? <Bell size={16} /> : <BellOff size={16} />}
              <span className="flex-1">
                {permission === 'denied'
                  ? t('ownMenu.notificationsBlocked')
                  : permission === 'unsupported'
                    ? t('ownMenu.notificationsUnsupported')
                    : t('ownMenu.notifications')}
              </span>
              <DropdownMenu.ItemIndicator>
                <Check size={16} />
              </DropdownMenu.ItemIndicator>
            </DropdownMenu.CheckboxItem>
            <DropdownMenu.CheckboxItem
              className={MENU_ITEM}
              checked={sound}
              onCheckedChange={setSound}
            >
              {sound ? <Volume2 size={16} /> : <VolumeX size={16} />}{' '}
              <span className="flex-1">{t('ownMenu.notificationSound')}</span>
              <DropdownMenu.ItemIndicator>
                <Check size={16} />
              </DropdownMenu.ItemIndicator>
            </DropdownMenu.CheckboxItem>
            <Separator />
            <DropdownMenu.Item
              className={MENU_ITEM}
              onSelect={() => (unsent > 0 ? setLogoutAsked(true) : void logout())}
            >
              <LogOut size={16} /> {t('common.logOut')}
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <Confirm
        open={isLogoutAsked}
        title={t('logOut.unsentTitle', { count: unsent })}
        description={t('logOut.unsentDescription')}
        action={t('logOut.unsentConfirm')}
        onCancel={() => setLogoutAsked(false)}
        onConfirm={() => void logout()}
      />
      {isStatusShown && <StatusDialog onClose={() => setStatusShown(false)} />}
      {isSavedShown && <SavedMessages onClose={() => setSavedShown(false)} />}
    </>
  );
}

const Separator = () => <DropdownMenu.Separator className={MENU_LINE} />;
