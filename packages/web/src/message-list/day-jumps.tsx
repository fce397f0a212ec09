import type { ConversationId, Seq } from '@parley/protocol';
import type { ReactNode } from 'react';
import { lazyPart } from '../queries/lazy-part.tsx';
import { DayChoiceProvider } from './day-label.tsx';

const JumpToDate = lazyPart(async () => (await import('./jump-to-date.tsx')).JumpToDate);

/** Lets the labels of days in a list open the date picker, which finds the first message of a date. */
export function DayJumps({
  conversation,
  day,
  onDay,
  onFound,
  children,
}: {
  conversation: ConversationId;
  /** The day with which the date picker is open; null while it is closed. */
  day: string | null;
  onDay: (day: string | null) => void;
  onFound: (seq: Seq) => void;
  children: ReactNode;
}) {
  return (
    <>
      <DayChoiceProvider value={onDay}>{children}</DayChoiceProvider>
      {day !== null && (
        <JumpToDate
          conversation={conversation}
          day={day}
          onClose={() => onDay(null)}
          onFound={onFound}
        />
      )}
    </>
  );
}
