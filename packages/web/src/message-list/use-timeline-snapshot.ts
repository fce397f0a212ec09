import { useCallback, useSyncExternalStore } from 'react';
import { frames } from '../lib/frame-schedule.ts';

/** A timeline or a thread of the SDK. */
interface Observable<Snapshot> {
  readonly snapshot: Snapshot;
  subscribe(listener: () => void): () => void;
}

/** Returns the snapshot of a timeline or a thread; changes are rendered at most once per frame. */
export function useTimelineSnapshot<Snapshot>(of: Observable<Snapshot>): Snapshot {
  return useSyncExternalStore(
    useCallback((listener: () => void) => of.subscribe(() => frames.schedule(listener)), [of]),
    () => of.snapshot,
  );
}
