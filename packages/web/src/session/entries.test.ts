import type { ClientSnapshot } from '@parley/client';
import { expect, test } from 'vitest';
import { EntryListeners } from './entries.ts';

/** A source whose map is replaced, like that of a client. */
function sourceOf(first: ReadonlyMap<string, number>) {
  let map = first;
  const listeners = new Set<() => void>();
  return {
    listeners,
    replace(next: ReadonlyMap<string, number>) {
      map = next;
      for (const listener of listeners) listener();
    },
    source: {
      snapshot: {} as ClientSnapshot,
      subscribe: (listener: () => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    mapOf: () => map,
  };
}

test('only the listeners of entries that have changed are called', () => {
  const { source, mapOf, replace, listeners } = sourceOf(new Map([['a', 1]]));
  const entries = new EntryListeners(source, mapOf);
  const called: string[] = [];
  const ends = ['a', 'b', 'c'].map((key) => entries.subscribe(key, () => called.push(key)));
  expect(listeners.size).toBe(1);
  const both = new Map([...mapOf(), ['b', 2]] as const);
  replace(both);
  replace(both);
  expect(called).toEqual(['b']);
  replace(new Map([['b', 2]]));
  expect(called).toEqual(['b', 'a']);
  for (const end of ends) end();
  expect(listeners.size).toBe(0);
});

test('a listener that unsubscribed is not called, and another one of its key still is', () => {
  const { source, mapOf, replace, listeners } = sourceOf(new Map([['a', 1]]));
  const entries = new EntryListeners(source, mapOf);
  const called: string[] = [];
  const end = entries.subscribe('a', () => called.push('first'));
  entries.subscribe('a', () => called.push('second'));
  end();
  end();
  replace(new Map([['a', 2]]));
  expect(called).toEqual(['second']);
  expect(listeners.size).toBe(1);
});

test('unsubscribing twice leaves a later listener of the key', () => {
  const { source, mapOf, replace } = sourceOf(new Map([['a', 1]]));
  const entries = new EntryListeners(source, mapOf);
  const called: string[] = [];
  const end = entries.subscribe('a', () => called.push('first'));
  entries.subscribe('b', () => called.push('other'));
  end();
  entries.subscribe('a', () => called.push('second'));
  end();
  replace(new Map([['a', 2]]));
  expect(called).toEqual(['second']);
});
