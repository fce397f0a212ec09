import { useEffect, useId, useRef, useState } from 'react';
import { idleAfterStart } from '../lib/idle-schedule.ts';
import { useAllOpenReports, useOpenReports } from '../messages/use-open-reports.ts';
import { lazyPart } from '../queries/lazy-part.tsx';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { useShownPresence } from '../users/shown-presence.ts';
import { ReportBadge } from './report-badge.tsx';

const OwnMenuItems = lazyPart(async () => (await import('./own-menu-items.tsx')).OwnMenuItems);

/** The account menu: settings, theme, notifications, log out. Its items are loaded when the page is idle. */
export function OwnMenu() {
  const me = useParley((s) => s.me);
  const [isOpen, setOpen] = useState(false);
  const [isWanted, setWanted] = useState(false);
  const want = () => OwnMenuItems.loadAhead(() => setWanted(true), 'needed');
  const isReady = me !== null;
  useEffect(() => {
    if (isReady)
      return idleAfterStart.schedule(() => OwnMenuItems.loadAhead(() => setWanted(true)));
  }, [isReady]);
  const button = useRef<HTMLButtonElement>(null);
  const shownPresence = useShownPresence();
  useOpenReports();
  const reports = useAllOpenReports();
  return (
    <div className="relative">
      <button
        ref={button}
        id={useId()}
        type="button"
        data-tour="account"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={
          reports > 0 ? t('ownMenu.titleWithReports', { count: reports }) : t('ownMenu.title')
        }
        onPointerEnter={want}
        onFocus={want}
        onClick={() => setOpen(!isOpen)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          setOpen(true);
        }}
        className="relative flex size-10 pointer-coarse:size-11 items-center justify-center rounded-lg hover:bg-hover"
      >
        {me ? (
          <Avatar id={me.id} name={me.displayName} size={32} presence={shownPresence(me.id)} />
        ) : (
          <Skeleton className="size-8 rounded-avatar" />
        )}
        <ReportBadge className="-end-1 -top-1 absolute" />
      </button>
      {(isWanted || isOpen) && (
        <OwnMenuItems isOpen={isOpen} onOpenChange={setOpen} button={button} />
      )}
    </div>
  );
}
