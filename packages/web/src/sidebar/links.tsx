import { Link } from '@tanstack/react-router';
import {
  Bell,
  Bookmark,
  CalendarClock,
  type LucideIcon,
  MessagesSquare,
  Pencil,
} from 'lucide-react';
import { memo, type ReactNode, useEffect } from 'react';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { UnreadBadge } from '../ui/unread-badge.tsx';

/**
 * Links to lists over all conversations: activity, threads, drafts, saved and scheduled messages.
 */
export const SidebarLinks = memo(function SidebarLinks({ drafts }: { drafts: number }) {
  return (
    <div className="gap-x-1 pt-1 pointer-coarse:grid pointer-coarse:grid-cols-2">
      <ActivityLink />
      <ThreadsLink />
      <SidebarLink to="/drafts" icon={Pencil} title={t('drafts.title')}>
        {drafts > 0 && (
          <span className="text-note text-muted tabular-nums">
            {drafts}
            <span className="sr-only"> {t('drafts.unsent')}</span>
          </span>
        )}
      </SidebarLink>
      <SidebarLink to="/saved" icon={Bookmark} title={t('sidebar.saved')} />
      <SidebarLink to="/scheduled" icon={CalendarClock} title={t('sidebar.scheduled')} />
    </div>
  );
});

/** Links to the activity, with the number of unread items. */
function ActivityLink() {
  const client = useClient();
  const isLive = useParley((s) => s.state) === 'live';
  const { unread } = useParley((s) => s.activity);
  useEffect(() => {
    // Retried at the next connection.
    if (isLive) client.activity.load().catch(() => undefined);
  }, [client, isLive]);
  return (
    <SidebarLink to="/activity" icon={Bell} title={t('activity.title')} isUnread={unread > 0}>
      {unread > 0 && <UnreadBadge count={unread} />}
    </SidebarLink>
  );
}

/** Links to the followed threads, with the number of those that have unread replies. */
function ThreadsLink() {
  const client = useClient();
  const isLive = useParley((s) => s.state) === 'live';
  const { unread, mentions } = useParley((s) => s.threads);
  useEffect(() => {
    // Retried at the next connection.
    if (isLive) client.threads.load().catch(() => undefined);
  }, [client, isLive]);
  return (
    <SidebarLink
      to="/threads"
      icon={MessagesSquare}
      title={t('threads.title')}
      isUnread={unread > 0}
    >
      {unread > 0 && <UnreadBadge count={unread} isMention={mentions > 0} />}
    </SidebarLink>
  );
}

/** A link in the sidebar to a page. */
function SidebarLink({
  to,
  icon: Icon,
  title,
  isUnread = false,
  children,
}: {
  to: '/activity' | '/threads' | '/drafts' | '/saved' | '/scheduled';
  icon: LucideIcon;
  title: string;
  isUnread?: boolean;
  children?: ReactNode;
}) {
  return (
    <Link
      to={to}
      data-focusable
      activeProps={{ className: 'bg-selected' }}
      inactiveProps={{ className: 'hover:bg-hover' }}
      className="pointer-coarse:h-11 -outline-offset-2 flex h-8 items-center gap-2.5 rounded-md pe-2 ps-2.5 text-body"
    >
      <span className="flex size-5 shrink-0 items-center justify-center text-muted">
        <Icon size={16} />
      </span>
      <span
        className={cx('min-w-0 flex-1 truncate', isUnread ? 'font-semibold text-ink' : 'text-soft')}
      >
        {title}
      </span>
      {children}
    </Link>
  );
}
