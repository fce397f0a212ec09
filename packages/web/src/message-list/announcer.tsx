import type { TimelineSnapshot } from '@parley/client';
import type { AccountId, Seq } from '@parley/protocol';
import { useEffect, useMemo, useState } from 'react';
import { useExcerpt } from '../emoji/excerpt.tsx';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { useNames } from '../users/use-names.ts';
import { type Announcement, Announcements } from './announcements.ts';

/** Characters of an announced message. */
const EXCERPT = 200;
const NO_AUTHOR: readonly AccountId[] = [];

/** Announces new messages to screen readers; the list itself changes too much while scrolling. */
export function Announcer({
  snapshot,
  title,
  openThread = null,
}: {
  snapshot: TimelineSnapshot;
  title: string;
  /** The thread that is open next to the conversation, which announces its replies itself. */
  openThread?: Seq | null;
}) {
  const me = useParley((s) => s.me?.id ?? null);
  const [latest, setLatest] = useState<{ n: number; what: Announcement } | null>(null);
  const [announcements] = useState(
    () => new Announcements((what) => setLatest((now) => ({ n: (now?.n ?? 0) + 1, what }))),
  );
  useEffect(
    () => announcements.update(snapshot, me, openThread),
    [announcements, snapshot, me, openThread],
  );
  useEffect(() => () => announcements.stop(), [announcements]);
  const message = latest?.what.kind === 'message' ? latest.what.message : null;
  const author = message?.author ?? null;
  const excerpt = useExcerpt(message?.body ?? '', EXCERPT, message?.mentions);
  const nameOf = useNames(useMemo(() => (author === null ? NO_AUTHOR : [author]), [author]));
  return (
    <div aria-live="polite" className="sr-only">
      {latest && (
        // A new element each time, so that a repeated text is announced again.
        <p key={latest.n}>
          {latest.what.kind === 'message'
            ? `${nameOf(latest.what.message.author)}: ${excerpt}`
            : t('messageList.newMessagesIn', { count: latest.what.count, title })}
        </p>
      )}
    </div>
  );
}
