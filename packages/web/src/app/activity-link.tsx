import { Link } from '@tanstack/react-router';
import { Bell } from 'lucide-react';
import { useEffect } from 'react';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { UnreadBadge } from '../ui/unread-badge.tsx';

/** Links to what concerned the user, with how much of it is unread. */
export function ActivityLink() {
  const client = useClient();
  const isLive = useParley((s) => s.state) === 'live';
  const { unread } = useParley((s) => s.activity);
  useEffect(() => {
    // Tried again with the next connection.
    if (isLive) client.activity.load().catch(() => undefined);
  }, [client, isLive]);
  return (
    <Link
      to="/activity"
      activeProps={{ className: 'bg-selected' }}
      inactiveProps={{ className: 'hover:bg-hover' }}
      className="flex min-h-11 items-center gap-2.5 rounded-lg px-2 transition-colors"
    >
      <span className="flex size-9 shrink-0 items-center justify-center text-muted">
        <Bell size={18} />
      </span>
      <span className={cx('flex-1', unread > 0 ? 'font-semibold text-ink' : 'text-soft')}>
        {t('activity.title')}
      </span>
      {unread > 0 && <UnreadBadge count={unread} />}
    </Link>
  );
}
