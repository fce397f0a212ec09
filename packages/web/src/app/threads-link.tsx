import { Link } from '@tanstack/react-router';
import { MessagesSquare } from 'lucide-react';
import { useEffect } from 'react';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { UnreadBadge } from '../ui/unread-badge.tsx';

/** Links to the followed threads, with the number of those that have unread replies. */
export function ThreadsLink() {
  const client = useClient();
  const isLive = useParley((s) => s.state) === 'live';
  const { unread, mentions } = useParley((s) => s.threads);
  useEffect(() => {
    // Tried again with the next connection.
    if (isLive) client.threads.load().catch(() => undefined);
  }, [client, isLive]);
  return (
    <Link
      to="/threads"
      activeProps={{ className: 'bg-selected' }}
      inactiveProps={{ className: 'hover:bg-hover' }}
      className="flex min-h-11 items-center gap-2.5 rounded-lg px-2 transition-colors"
    >
      <span className="flex size-9 shrink-0 items-center justify-center text-muted">
        <MessagesSquare size={18} />
      </span>
      <span className={cx('flex-1', unread > 0 ? 'font-semibold text-ink' : 'text-soft')}>
        {t('threads.title')}
      </span>
      {unread > 0 && <UnreadBadge count={unread} isMention={mentions > 0} />}
    </Link>
  );
}
