import { useEffect, useState } from 'react';

/** Returns the seconds left until a time (ms since the epoch); 0 after it. */
export function useCountdown(until: number): number {
  const [now, setNow] = useState(() => Date.now());
  const [shown, setShown] = useState(until);
  if (shown !== until) {
    // The last tick may be long ago.
    setShown(until);
    setNow(Date.now());
  }
  const secondsLeft = Math.max(0, Math.ceil((until - now) / 1000));
  const running = secondsLeft > 0;
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [running]);
  return secondsLeft;
}
