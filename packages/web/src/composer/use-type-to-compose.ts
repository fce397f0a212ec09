import { useEffect } from 'react';
import { wasPointerUsedLast } from '../lib/last-input.ts';
import { isField } from '../search/search-shortcut.ts';
import { singleKeysAreOn } from '../shortcuts/single-keys.ts';

/** The characters that are shortcuts everywhere. */
const SHORTCUTS = new Set(['/', '?']);

/**
 * Moves the focus to the message field when the user starts to type while no field has it: after a
 * click on a message or next to it, the text is meant for the message field. That of the thread, if the
 * click was there.
 */
export function useTypeToCompose(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isText(event) || !isBesideFields(event.target)) return;
      const thread = event.target instanceof Element && event.target.closest('[data-thread]');
      const field = thread
        ? [...thread.querySelectorAll('textarea')].at(-1)
        : document.querySelector<HTMLElement>('[data-composer]');
      // The character is typed into the field that has the focus after this event.
      field?.focus();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

/** Returns whether a key types a character that no shortcut has handled. A space scrolls. */
function isText(event: KeyboardEvent): boolean {
  const { key, ctrlKey, metaKey, altKey, isComposing, defaultPrevented } = event;
  if (defaultPrevented || isComposing || ctrlKey || metaKey || altKey) return false;
  return [...key].length === 1 && key !== ' ' && !(SHORTCUTS.has(key) && singleKeysAreOn());
}

/** Returns whether the focus is on the page itself, on the list of messages, or, after a click, on something in it. */
function isBesideFields(target: EventTarget | null): boolean {
  if (target === document.body) return true;
  if (!(target instanceof HTMLElement) || isField(target)) return false;
  if (!target.closest('#content') || target.closest('[role="menu"], [role="listbox"]'))
    return false;
  const isList = target.id === 'content' || target.role === 'log';
  return isList || (target.closest('[role="log"]') !== null && wasPointerUsedLast());
}
