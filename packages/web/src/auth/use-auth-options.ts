import type { AuthOptions } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { auth } from '../session/steps.ts';

let known: Promise<AuthOptions> | null = null;

/** How one gets in here; null until the server has told it, or while it cannot be reached. */
export function useAuthOptions(): AuthOptions | null {
  const [options, setOptions] = useState<AuthOptions | null>(null);
  useEffect(() => {
    let stale = false;
    known ??= auth.options();
    known.then(
      (found) => {
        if (!stale) setOptions(found);
      },
      () => {
        // The forms work without; the next page asks again.
        known = null;
      },
    );
    return () => {
      stale = true;
    };
  }, []);
  return options;
}
