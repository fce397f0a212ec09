import { type ComponentType, lazy, Suspense } from 'react';
import { loadPart } from './load-error.ts';

/** Returns a component whose code is loaded when it is first shown; nothing is shown meanwhile. */
export function lazyPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  const Part = lazy(async () => ({ default: await loadPart(load) }));
  return function LazyPart(props: Props) {
    return (
      <Suspense fallback={null}>
        <Part {...props} />
      </Suspense>
    );
  };
}
