import type { ConversationView } from '@parley/client';
import { useEffect, useState } from 'react';
import { useAccountId, useClient } from '../session/use-client.ts';
import { useCountdown } from '../ui/use-countdown.ts';

/** Returns the seconds until the user may post again in a group with slow mode; 0 without a wait. */
export function useSlowMode(view: ConversationView): number {
  const client = useClient();
  const me = useAccountId();
  const [until, setUntil] = useState(0);
  const isSlow = view.slowModeSeconds > 0 && !view.permissions.includes('skip_slow_mode');
  useEffect(() => {
    if (!isSlow) {
      setUntil(0);
      return;
    }
    const wait = view.slowModeSeconds * 1_000;
    const timeline = client.timeline(view.id);
    /** The user’s last message in the timeline: pending, and stored. */
    let pending: string | undefined;
    let stored: number | null = null;
    const check = () => {
      const own = timeline.snapshot.messages.findLast(
        (m) => m.author === me && m.state !== 'failed',
      );
      if (own?.state === 'pending') {
        if (own.client !== pending) setUntil(Date.now() + wait);
        pending = own.client;
      } else if (own && own.seq > (stored ?? 0)) {
        // The clocks may differ: the server’s time is used only for a message from before this visit.
        const since = stored === null ? Date.parse(own.postedAt) : Date.now();
        setUntil(Math.min(since, Date.now()) + wait);
        stored = own.seq;
      }
    };
    check();
    const stops = [
      timeline.subscribe(check),
      // The server’s time takes precedence.
      client.on('nack', ({ entry: { command }, refusal }) => {
        const isHere = command.op === 'post' && command.conversation === view.id;
        if (!isHere || refusal.code !== 'slow_mode') return;
        setUntil(Date.now() + (refusal.retryAfter ?? 0) * 1_000);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [client, me, view.id, view.slowModeSeconds, isSlow]);
  return useCountdown(until);
}
