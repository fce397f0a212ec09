import { type ConversationView, rangesBetween, type TimelineSnapshot } from '@parley/client';
import type { Seq, TimelineEvent } from '@parley/protocol';
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { useClient } from '../session/use-client.ts';

/** Returns the events that are shown between the messages of a group: who joined, what was changed. */
export function useTimelineEvents(
  view: ConversationView,
  { messages, hasOlder, hasNewer }: TimelineSnapshot,
): readonly TimelineEvent[] {
  const client = useClient();
  const isGroup = view.kind === 'group';
  const { lastSeq } = view;
  const { from, to, needed } = useMemo(() => {
    const seqs = messages.filter(({ state }) => state === 'stored').map(({ seq }) => seq);
    const from = hasOlder ? (seqs[0] ?? lastSeq) : (1 as Seq);
    const to = hasNewer ? (seqs.at(-1) ?? from) : lastSeq;
    return { from, to, needed: isGroup ? rangesBetween([from, ...seqs, to]) : [] };
  }, [isGroup, messages, hasOlder, hasNewer, lastSeq]);
  const ranges = useSame(needed);
  const store = useMemo(() => client.timelineEventsOf(view.id), [client, view.id]);
  useEffect(() => {
    if (ranges.length > 0) store.show(ranges);
  }, [store, ranges]);
  // The same object while the events are the same.
  const events = useSyncExternalStore(
    useCallback((listener) => store.subscribe(listener), [store]),
    () => store.of(ranges),
  );
  // Without a bound where there are no more messages: a message at the end changes neither the events nor, by them, the
  // rows of all other messages.
  const [after, before] = [hasOlder ? from : null, hasNewer ? to : null];
  return useMemo(() => {
    if (after === null && before === null) return events;
    return events.filter(({ seq }) => seq > (after ?? 0) && (before === null || seq < before));
  }, [events, after, before]);
}

/** Returns the same array while the numbers in it are the same. */
function useSame(numbers: readonly number[]): readonly number[] {
  const last = useRef(numbers);
  const isSame =
    last.current.length === numbers.length && last.current.every((n, i) => n === numbers[i]);
  const same = isSame ? last.current : numbers;
  useEffect(() => {
    last.current = same;
  }, [same]);
  return same;
}
