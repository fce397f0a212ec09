import {
  type EventType,
  isNoOverride,
  keywordAnchor,
  type NotificationOverride,
  type NotificationSettings,
} from '@parley/protocol';
import { dataOf, type StoredEvent } from '../stream/record.ts';
import type { Projection, StatementSink } from '../stream/stream-transaction.ts';

/** The projections of notification settings: all versions, and the current keywords. */
export const notificationProjections = {
  'notifications.changed': (tx, events) => {
    for (const e of events) {
      const { erased, ...settings } = dataOf(e, 'notifications.changed');
      tx.issue('notifications-forget-keywords', FORGET_KEYWORDS, [e.stream]);
      if (erased) {
        tx.issue(
          'notifications-erased',
          'delete from notification_changes where account_id = $1 and seq < $2',
          [e.stream, e.seq],
        );
        continue;
      }
      storeVersion(tx, e, { conversation: null, thread: null, settings });
      const { keywords } = settings;
      if (keywords.length === 0) continue;
      tx.issue(
        'notifications-keywords',
        `insert into notification_keywords (account_id, keyword, anchor)
         select $1, k.keyword, k.anchor from unnest($2::text[], $3::text[]) k (keyword, anchor)
         on conflict do nothing`,
        [e.stream, keywords, keywords.map(keywordAnchor)],
      );
    }
  },

  'notifications.overridden': (tx, events) => {
    for (const e of events) {
      const { conversation, thread, level, muted } = dataOf(e, 'notifications.overridden');
      storeVersion(tx, e, { conversation, thread: thread ?? null, settings: { level, muted } });
    }
  },
} satisfies Partial<Record<EventType, Projection>>;

const FORGET_KEYWORDS = 'delete from notification_keywords where account_id = $1';

function storeVersion(
  tx: StatementSink,
  event: Pick<StoredEvent, 'stream' | 'seq' | 'at'>,
  version: {
    conversation: string | null;
    thread: number | null;
    settings: NotificationSettings | NotificationOverride;
  },
): void {
  const { conversation, thread, settings } = version;
  tx.issue(
    'notifications-superseded',
    `update notification_changes set is_current = false
     where account_id = $1 and conversation_id is not distinct from $2::uuid
       and thread is not distinct from $3::int8 and is_current and seq < $4`,
    [event.stream, conversation, thread, event.seq],
  );
  const isCurrent = 'keywords' in settings || !isNoOverride(settings);
  tx.issue(
    'notifications-version',
    `insert into notification_changes
       (account_id, seq, changed_at, conversation_id, thread, settings, is_current)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (account_id, seq) do nothing`,
    [event.stream, event.seq, event.at, conversation, thread, JSON.stringify(settings), isCurrent],
  );
}
