import { overrideKey } from '@parley/client';
import { type ConversationId, isMuted } from '@parley/protocol';
import { useCallback, useEffect, useReducer } from 'react';
import { useParley } from '../session/use-client.ts';

/** The longest delay of a timer, ms: browsers run one that is set for more than 24 days at once. */
const TIMER_MAX_MS = 86_400_000;

/**
 * Returns a function that says whether the user has muted a conversation. Rerenders with a new
 * function when a mute starts or ends.
 */
export function useMuted(): (conversation: ConversationId) => boolean {
  const overrides = useParley((s) => s.notifications.overrides);
  const [checks, check] = useReducer((n: number) => n + 1, 0);
  const now = Date.now();
  let next = Number.POSITIVE_INFINITY;
  for (const { muted } of overrides.values()) {
    if (muted?.until && isMuted(muted, now)) next = Math.min(next, Date.parse(muted.until));
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: after a check that came before the end, the next one is set.
  useEffect(() => {
    if (next === Number.POSITIVE_INFINITY) return;
    const timer = setTimeout(check, Math.min(next - Date.now() + 1, TIMER_MAX_MS));
    return () => clearTimeout(timer);
  }, [next, checks]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a check is made when a mute has ended, which changes answers.
  return useCallback(
    (conversation) => isMuted(overrides.get(overrideKey(conversation))?.muted ?? null, Date.now()),
    [overrides, checks],
  );
}
