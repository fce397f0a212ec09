import type { ConversationId, Seq } from '@parley/protocol';
import { type ReactNode, useState } from 'react';
import { lazyPart } from '../queries/lazy-part.tsx';
import { DayChoiceProvider } from './day-label.tsx';

const JumpToDate = lazyPart(async () => (await import('./jump-to-date.tsx')).JumpToDate);

/** Lets the labels of days in a list open the date picker, which finds the first message of a date. */
export function DayJumps({
  conversation,
  onFound,
  children,
}: {
  conversation: ConversationId;
  onFound: (seq: Seq) => void;
  children: ReactNode;
}) {
  const [day, setDay] = useState<string | null>(null);
  return (
    <>
      <DayChoiceProvider value={setDay}>{children}</DayChoiceProvider>
      {day !== null && (
        <JumpToDate
          conversation={conversation}
          day={day}
          onClose={() => setDay(null)}
          onFound={onFound}
        />
      )}
    </>
  );
}
