import { useRef, useState } from 'react';
import { isOver, type PendingValue } from '../lib/pending-value.ts';
import { attempt } from './attempt.ts';

/**
 * Returns the value to show for a saved one, and a function that saves another: it is shown at once, and
 * reverted with an error message if the request fails.
 */
export function useOptimistic<T>(
  saved: T,
): readonly [shown: T, save: (value: T, request: () => Promise<unknown>) => Promise<void>] {
  const [pending, setPending] = useState<PendingValue<T> | null>(null);
  const latest = useRef(saved);
  latest.current = saved;
  const isPending = pending !== null && !isOver(pending, saved);
  // Forgotten, so that it is not shown again if the saved value is changed back.
  if (pending !== null && !isPending) setPending(null);
  const save = async (value: T, request: () => Promise<unknown>) => {
    const mine = { value };
    setPending(mine);
    const isSaved = await attempt(request);
    const next = isSaved ? { value, answeredAt: { saved: latest.current } } : null;
    setPending((current) => (current === mine ? next : current));
  };
  return [isPending ? pending.value : saved, save];
}
