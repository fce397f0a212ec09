import { useEffect, useRef } from 'react';
import type { ZoomControls } from './use-zoom.ts';
import { SCALE_STEP } from './zoom.ts';

/** How far an arrow key moves an enlarged image, px. */
const KEY_MOVE = 80;

/** Zooms and moves the shown image with the keyboard, and steps to the next and the previous one. */
export function useLightboxKeys(zooming: ZoomControls, onStep: (by: number) => void): void {
  const isWhole = zooming.zoom.scale === 1;
  const keys: Record<string, () => void> = {
    '+': () => zooming.by(SCALE_STEP),
    '=': () => zooming.by(SCALE_STEP),
    '-': () => zooming.by(1 / SCALE_STEP),
    '0': zooming.reset,
    ArrowLeft: () => (isWhole ? onStep(-1) : zooming.move(KEY_MOVE, 0)),
    ArrowRight: () => (isWhole ? onStep(1) : zooming.move(-KEY_MOVE, 0)),
    ArrowUp: () => zooming.move(0, KEY_MOVE),
    ArrowDown: () => zooming.move(0, -KEY_MOVE),
    PageUp: () => onStep(-1),
    PageDown: () => onStep(1),
  };
  const latestKeys = useRef(keys);
  latestKeys.current = keys;
  useEffect(() => {
    // The dialog is modal, so that all keys are meant for it, wherever the focus is.
    const onKeyDown = (event: KeyboardEvent) => {
      const run = latestKeys.current[event.key];
      if (!run || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      run();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
