import { useEffect, useState } from 'react';
import { idleAfterStart } from '../lib/idle-schedule.ts';
import type { LazyPart } from '../queries/lazy-part.tsx';

/**
 * Returns whether the toolbar of a message is rendered, and handlers for the message. Rendering dozens of toolbars that
 * are almost never used would delay the messages of a list: a toolbar is rendered when the mouse or the focus enters
 * its message. The others follow when the page is idle, because screen readers read without moving the focus.
 * `loadAhead` loads the code of the toolbar, without which none is rendered.
 */
export function useToolbar(isWanted: boolean, loadAhead: LazyPart<never>['loadAhead']) {
  const [isRendered, setRendered] = useState(false);
  const isWaiting = isWanted && !isRendered;
  useEffect(() => {
    if (isWaiting) return idleAfterStart.schedule(() => loadAhead(() => setRendered(true)));
  }, [isWaiting, loadAhead]);
  const render = () => loadAhead(() => setRendered(true), 'needed');
  return {
    isRendered: isWanted && isRendered,
    handlers: { onPointerEnter: render, onFocus: render },
  };
}
