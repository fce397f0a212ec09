import { LogOut } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useState } from 'react';
import { lazyPart } from '../lib/lazy-part.tsx';
import { useAllOpenReports, useOpenReports } from '../messages/use-open-reports.ts';
import { SavedMessages } from '../personal/saved-messages.tsx';
import { logout } from '../session/session.ts';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { MENU, MENU_ITEM, MENU_LINE } from '../ui/menu-style.ts';
import { Skeleton } from '../ui/skeleton.tsx';
import { useShownPresence } from '../users/shown-presence.ts';
import { PageItems, StatusItems } from './own-menu-pages.tsx';
import { NotificationItems, ThemeItems } from './own-menu-preferences.tsx';
import { ReportBadge } from './report-badge.tsx';

const StatusDialog = lazyPart(
  async () => (await import('../users/status-dialog.tsx')).StatusDialog,
);

/** The account menu: settings, theme, notifications, log out. */
export function OwnMenu() {
  const me = useParley((s) => s.me);
  const [isSavedShown, setSavedShown] = useState(false);
  const [isStatusShown, setStatusShown] = useState(false);
  const [isLogoutAsked, setLogoutAsked] = useState(false);
  const unsent = useParley((s) => s.outbox.filter(({ command }) => command.op !== 'read').length);
  const shownPresence = useShownPresence();
  useOpenReports();
  const reports = useAllOpenReports();
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
          <ReportBadge className="-end-1 -top-1 absolute" />
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
            <StatusItems onSetStatus={() => setStatusShown(true)} />
            <PageItems onShowSaved={() => setSavedShown(true)} />
            <Separator />
            <ThemeItems />
            <Separator />
            <NotificationItems />
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
