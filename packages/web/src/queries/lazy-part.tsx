import { type ComponentType, lazy, Suspense } from 'react';
import { loadPart, mayLoadAhead } from '../lib/load-error.ts';

/** A component whose code is loaded when it is first shown, or ahead of that. */
export type LazyPart<Props> = ComponentType<Props> & {
  /**
   * Loads its code before the user asks for it, and then calls `then`. Does nothing if that fails: showing the component
   * without its code replaces the page by an error, which only a user who needs the component should see. Without a
   * network it does nothing unless the component is `needed` now.
   */
  readonly loadAhead: (then: () => void, needed?: 'needed') => void;
};

/**
 * Returns a component whose code is loaded when it is first shown; nothing is shown meanwhile. It can request data with
 * the cache of the session, whose code is loaded together with it: a conversation starts without any.
 */
export function lazyPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): LazyPart<Props> {
  let isLoaded = false;
  const loadOnce = async () => {
    const [Part, { QueryProvider }] = await loadPart(() =>
      Promise.all([load(), import('./query-provider.tsx')]),
    );
    isLoaded = true;
    return function PartWithCache(props: Props) {
      return (
        <QueryProvider>
          <Part {...props} />
        </QueryProvider>
      );
    };
  };
  const Part = lazy(async () => ({ default: await loadOnce() }));
  function ShownPart(props: Props) {
    return (
      <Suspense fallback={null}>
        <Part {...props} />
      </Suspense>
    );
  }
  return Object.assign(ShownPart, {
    loadAhead(then: () => void, needed?: 'needed') {
      if (isLoaded) then();
      else if (needed || mayLoadAhead()) loadOnce().then(then, () => undefined);
    },
  });
}
