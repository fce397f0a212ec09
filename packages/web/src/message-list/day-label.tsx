import { createContext, useContext } from 'react';
import { dayName } from '../lib/time.ts';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';

const Choose = createContext<((day: string) => void) | null>(null);

/** Provides the function that opens the date picker; null where there is none, as in threads. */
export const DayChoiceProvider = Choose.Provider;

/** The name of a day between messages; a click opens the date picker. */
export function DayLabel({ at, className }: { at: string; className?: string }) {
  const choose = useContext(Choose);
  const look = 'font-medium text-caption text-muted';
  if (choose === null) return <span className={cx(look, className)}>{dayName(at)}</span>;
  return (
    <button
      type="button"
      title={t('jumpToDate.title')}
      onClick={() => choose(at)}
      className={cx(look, 'tap min-h-6 rounded-full px-2 hover:bg-hover hover:text-ink', className)}
    >
      {dayName(at)}
    </button>
  );
}

/** The name of a day, on a line across the list. */
export function DayLine({ at }: { at: string }) {
  return (
    <div className="flex items-center gap-3 px-5 pt-4 pb-1">
      <span className="h-px flex-1 bg-line" />
      <DayLabel at={at} />
      <span className="h-px flex-1 bg-line" />
    </div>
  );
}

/** The day of the topmost message, above the list while it scrolls. */
export function TopDay({ at }: { at: string }) {
  return (
    <div className="pointer-events-none absolute inset-x-0 top-2 flex justify-center">
      <DayLabel
        at={at}
        className="pointer-events-auto border border-line bg-raised px-3 shadow-raised"
      />
    </div>
  );
}
