import type { TimelineMessage } from '@parley/client';
import { CornerDownRight } from 'lucide-react';
import { dateOf, dayKey, fullTime, timeOfDay } from '../lib/time.ts';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { useThreadLinks } from './thread-link.ts';

/** The button that opens the thread of a message, or the thread of a reply. */
export function ThreadSummary({ message }: { message: TimelineMessage }) {
  const links = useThreadLinks();
  const users = useParley((s) => s.users);
  const { threadSummary: summary, thread, seq } = message;
  if (!links) return null;
  if (thread !== null) {
    return (
      <button type="button" onClick={() => links.open(thread, seq)} className={LINK}>
        <CornerDownRight size={14} aria-hidden="true" /> {t('thread.repliedIn')}
      </button>
    );
  }
  if (!summary) return null;
  const { replies, authors, lastReplyAt } = summary;
  const isToday = dayKey(lastReplyAt) === dayKey(new Date().toISOString());
  return (
    <button type="button" onClick={() => links.open(seq)} className={LINK}>
      <span className="flex -space-x-1.5" aria-hidden="true">
        {authors.map((id) => (
          <Avatar key={id} id={id} name={users.get(id)?.displayName ?? '?'} size={20} />
        ))}
      </span>
      <span className="font-medium">{t('thread.replies', { count: replies })}</span>
      <time dateTime={lastReplyAt} title={fullTime(lastReplyAt)} className="text-muted">
        {t('thread.lastReply', { time: isToday ? timeOfDay(lastReplyAt) : dateOf(lastReplyAt) })}
      </time>
    </button>
  );
}

const LINK =
  '-ms-1.5 mt-0.5 flex min-h-8 max-w-full flex-wrap items-center gap-x-2 rounded-lg px-1.5 text-note text-accent hover:bg-hover pointer-coarse:min-h-11';
