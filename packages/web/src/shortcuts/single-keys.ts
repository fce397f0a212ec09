import { useSyncExternalStore } from 'react';
import { Listeners } from '../lib/listeners.ts';

const NAME = 'parley.single-keys';
const listeners = new Listeners();

/**
 * Returns whether shortcuts of a single character work. They can be turned off on a device, for people who dictate:
 * a spoken word would trigger them (WCAG 2.1.4).
 */
export function singleKeysAreOn(): boolean {
  try {
    return localStorage.getItem(NAME) !== 'off';
  } catch {
    return true;
  }
}

/** Turns shortcuts of a single character on or off. */
export function setSingleKeys(areOn: boolean): void {
  try {
    if (areOn) localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, 'off');
  } catch {
    // Storage is disabled: they stay on.
  }
  listeners.notify();
}

/** Returns whether shortcuts of a single character work, and renders again when that changes. */
export function useSingleKeys(): boolean {
  return useSyncExternalStore(listeners.subscribe, singleKeysAreOn);
}
