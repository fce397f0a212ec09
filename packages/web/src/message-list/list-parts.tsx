import type { Seq, TimelineEvent } from '@parley/protocol';
import type { ReactNode } from 'react';
import { EditForm } from '../composer/edit-form.tsx';
import { errorMessage } from '../lib/text.ts';
import { MessageRow } from '../messages/message-row.tsx';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Placeholder } from '../ui/loading-status.tsx';
import { DayChoiceProvider, DayLine } from './day-label.tsx';
import type { Row } from './rows.ts';
import { TimelineEvents } from './timeline-events.tsx';

/** Renders one row of the list: a message, with the line “New” if it belongs there, or a day. */
export function RowView({
  row,
  first,
  loadingOlder,
  notice,
  editing,
  target,
  onTargetLeft,
  onEdit,
}: {
  row: Row;
  first: boolean;
  loadingOlder: boolean;
  /** Shown above the first message of the conversation. */
  notice?: ReactNode;
  editing: string | null;
  /** The message that the user jumped to. */
  target: Seq | null;
  /** Called when that message loses the focus. */
  onTargetLeft: () => void;
  onEdit: (key: string | null) => void;
}) {
  return (
    <div data-row-key={row.key} className="overflow-x-clip">
      {first && (
        <div className="h-8 text-center text-note text-muted leading-8">
          {loadingOlder ? t('messageList.loadingOlder') : notice}
        </div>
      )}
      {row.kind === 'day' ? (
        <DayLine at={row.at} />
      ) : (
        <>
          {row.eventsBefore && (
            <TimelineEvents
              events={row.eventsBefore}
              // The row of the day above a first message is that of its first event.
              before={row.eventsBefore[0]?.at}
              after={row.message.postedAt}
            />
          )}
          {row.isFirstUnread && (
            <div data-first-unread className="flex items-center gap-3 px-5 pt-3">
              <span className="h-px flex-1 bg-danger/50" />
              <span className="font-semibold text-caption text-danger">{t('messageList.new')}</span>
            </div>
          )}
          <MessageRow
            message={row.message}
            first={row.first}
            editKey={row.key}
            editing={editing === row.key}
            isTarget={target === row.message.seq}
            onTargetLeft={onTargetLeft}
            EditForm={EditForm}
            onEdit={onEdit}
          />
          {row.eventsAfter && (
            <TimelineEvents events={row.eventsAfter} before={row.message.postedAt} />
          )}
        </>
      )}
    </div>
  );
}

/** Replaces the list while it has no messages: they are loading, failed to load, or do not exist. */
export function ListPlaceholder({
  loading,
  error,
  title,
  notice,
  start,
  events,
  onRetry,
}: {
  loading: boolean;
  error: Error | null;
  title: string;
  notice?: ReactNode;
  /** Suggested first actions. */
  start?: ReactNode;
  /** What happened in a conversation without messages. */
  events?: readonly TimelineEvent[];
  onRetry: () => void;
}) {
  if (error) {
    return (
      <div className="flex h-full flex-col items-center justify-center gap-3 p-6 text-center">
        <p className="text-muted">{errorMessage(error)}</p>
        <Button onClick={onRetry}>{t('common.tryAgain')}</Button>
      </div>
    );
  }
  if (loading) {
    return (
      <Placeholder className="flex h-full flex-col justify-end gap-5 p-5">
        {[64, 40, 72, 52].map((width) => (
          <div key={width} className="flex gap-3">
            <span className="shimmer size-9 rounded-avatar" />
            <span className="flex flex-1 flex-col gap-2 pt-1">
              <span className="shimmer h-3 w-28 rounded-full" />
              <span className="shimmer h-3 rounded-full" style={{ width: `${width}%` }} />
            </span>
          </div>
        ))}
      </Placeholder>
    );
  }
  return (
    <div className="flex h-full flex-col justify-end p-5">
      <h2 className="wrap-anywhere font-semibold text-xl">{title}</h2>
      <p className="mt-1 text-muted">{t('messageList.empty')}</p>
      <p className="mt-1 text-note text-muted">{notice}</p>
      {start}
      {events && events.length > 0 && (
        <div className="-mx-5 mt-4">
          {/* There is no date to jump to. */}
          <DayChoiceProvider value={null}>
            <TimelineEvents events={events} />
          </DayChoiceProvider>
        </div>
      )}
    </div>
  );
}
