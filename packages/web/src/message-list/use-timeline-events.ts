import type { ConversationView, TimelineSnapshot } from '@parley/client';
import type { Seq, TimelineEvent } from '@parley/protocol';
import { type UseQueryResult, useQueries, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { rangeOf, rangesBetween, startOfRange } from '../queries/event-ranges.ts';
import { keys } from '../queries/keys.ts';
import { useClient } from '../session/use-client.ts';

/** Returns the events that are shown between the messages of a group: who joined, what was changed. */
export function useTimelineEvents(
  view: ConversationView,
  { messages, hasOlder, hasNewer }: TimelineSnapshot,
): readonly TimelineEvent[] {
  const client = useClient();
  const isGroup = view.kind === 'group';
  const { lastSeq } = view;
  const { from, to, ranges } = useMemo(() => {
    const seqs = messages.filter(({ state }) => state === 'stored').map(({ seq }) => seq);
    const from = hasOlder ? (seqs[0] ?? lastSeq) : (1 as Seq);
    const to = hasNewer ? (seqs.at(-1) ?? from) : lastSeq;
    return { from, to, ranges: isGroup ? rangesBetween([from, ...seqs, to]) : [] };
  }, [isGroup, messages, hasOlder, hasNewer, lastSeq]);
  const stored = useQuery({
    queryKey: keys.storedTimelineEvents(view.id),
    queryFn: () => client.storedTimelineEvents(view.id),
    enabled: isGroup,
    networkMode: 'always',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  }).data;
  /** Until a range is loaded, which takes a connection, its stored events are shown. */
  const combine = useCallback(
    (answers: readonly UseQueryResult<readonly TimelineEvent[]>[]): readonly TimelineEvent[] =>
      answers.flatMap(
        ({ data }, n) => data ?? stored?.filter(({ seq }) => rangeOf(seq) === ranges[n]) ?? [],
      ),
    [stored, ranges],
  );
  // The events stay the same object while the answers are the same.
  const events = useQueries({
    queries: ranges.map((range) => ({
      queryKey: keys.timelineEvents(view.id, range),
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        client.timelineEvents(view.id, startOfRange(range), { signal }),
      // Events never change, and new ones make their range outdated.
      staleTime: Number.POSITIVE_INFINITY,
    })),
    combine,
  });
  // Without a bound where there are no more messages: a message at the end changes neither the events nor, by them, the
  // rows of all other messages.
  const [after, before] = [hasOlder ? from : null, hasNewer ? to : null];
  return useMemo(() => {
    if (after === null && before === null) return events;
    return events.filter(({ seq }) => seq > (after ?? 0) && (before === null || seq < before));
  }, [events, after, before]);
}
