import type { AuthOptions } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { auth } from '../session/steps.ts';

let cached: Promise<AuthOptions> | null = null;

/** Returns how people log in and register on this server; null until it has answered. */
export function useAuthOptions(): AuthOptions | null {
  const [options, setOptions] = useState<AuthOptions | null>(null);
  useEffect(() => {
    let stale = false;
    cached ??= auth.options();
    cached.then(
      (found) => {
        if (!stale) setOptions(found);
      },
      () => {
        // The forms work without them; the next page requests them again.
        cached = null;
      },
    );
    return () => {
      stale = true;
    };
  }, []);
  return options;
}
