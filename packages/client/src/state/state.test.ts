import type { AccountId, ConversationId, Me } from '@parley/protocol';
import { expect, test } from 'vitest';
import type { ConversationView } from '../conversations/conversations.ts';
import { Emitter } from '../lib/emitter.ts';
import type { OutboxEntry } from '../storage/store.ts';
import { ClientState } from './state.ts';

const me = { id: 'me' as AccountId, displayName: 'Ada' } as Me;
const viewOf = (id: string) => ({ id: id as ConversationId }) as ConversationView;

/** A state whose listeners are called when the test says so. */
function aState() {
  const scheduled: (() => void)[] = [];
  const kept: Me[] = [];
  const outbox = { entries: [] as OutboxEntry[], reads: 0 };
  const state = new ClientState(
    () => {
      outbox.reads++;
      return [...outbox.entries];
    },
    (one) => kept.push(one),
    (notify) => scheduled.push(notify),
  );
  return { state, scheduled, kept, outbox };
}

test('a snapshot is the same object, as are its parts, until something in it changes', () => {
  const { state, outbox } = aState();
  const first = state.snapshot;
  expect(state.snapshot).toBe(first);
  expect(first).toMatchObject({ state: 'offline', retryAt: null, me: null, waitingChanges: 0 });
  state.change({ state: 'live' });
  const second = state.snapshot;
  expect(second).not.toBe(first);
  expect([second.state, second.conversations === first.conversations]).toEqual(['live', true]);
  expect([second.outbox === first.outbox, outbox.reads]).toEqual([true, 1]);
  const view = viewOf('c');
  state.setView(view);
  const third = state.snapshot;
  expect([...third.conversations.values()]).toEqual([view]);
  expect([...second.conversations]).toEqual([]);
  state.setView(view);
  state.dropView('d' as ConversationId);
  expect(state.snapshot).toBe(third);
  expect([state.view(view.id), [...state.views]]).toEqual([view, [view]]);
  state.dropView(view.id);
  expect([state.snapshot.conversations.size, state.view(view.id)]).toEqual([0, undefined]);
  outbox.entries.push({} as OutboxEntry);
  expect(state.snapshot.outbox).toEqual([]);
  state.outboxChanged();
  expect([state.snapshot.outbox.length, outbox.reads]).toEqual([1, 2]);
});

test('listeners are called once for all changes until then, and not after they were removed', () => {
  const { state, scheduled } = aState();
  const calls: string[] = [];
  const end = state.subscribe(() => calls.push(`a ${state.snapshot.state}`));
  state.subscribe(() => calls.push('b'));
  state.change({ state: 'connecting' });
  state.change({ state: 'live' });
  state.setView(viewOf('c'));
  state.outboxChanged();
  expect([scheduled.length, calls]).toEqual([1, []]);
  scheduled.shift()?.();
  expect(calls).toEqual(['a live', 'b']);
  end();
  for (const change of [
    () => state.change({ state: 'offline' }),
    () => state.setView(viewOf('d')),
    () => state.dropView('d' as ConversationId),
    () => state.outboxChanged(),
  ]) {
    change();
    expect(scheduled).toHaveLength(1);
    scheduled.shift()?.();
    expect(calls.splice(0).at(-1)).toBe('b');
  }
});

test('the own account is stored when it has changed, and only its own changes apply to it', () => {
  const { state, kept } = aState();
  expect([state.me, state.meId]).toEqual([null, '']);
  state.changeMe(me.id, { displayName: 'too early' });
  state.change({ me });
  state.change({ me, state: 'live' });
  expect([kept, state.meId]).toEqual([[me], 'me']);
  state.changeMe('other' as AccountId, { displayName: 'other' });
  expect(state.me).toBe(me);
  state.changeMe(me.id, { displayName: 'Ada L.' });
  expect(kept).toEqual([me, { ...me, displayName: 'Ada L.' }]);
  expect(state.me).toBe(kept[1]);
});

test('nothing of an account is left when its data is dropped, except how the client is connected', () => {
  const { state } = aState();
  const one = new Map([['x', {}]]) as never;
  state.setView(viewOf('c'));
  state.change({ me, state: 'live', users: one, userGroups: one, emoji: one, presence: one });
  state.change({ statuses: one, typing: one });
  state.clear();
  const { users, userGroups, emoji, presence, statuses, typing, ...rest } = state.snapshot;
  const maps = [users, userGroups, emoji, presence, statuses, typing, rest.conversations];
  expect(maps.map(({ size }) => size)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  expect([rest.me, rest.state, [...state.views]]).toEqual([null, 'live', []]);
});

test('an emitter calls the listeners of a kind until they are removed, also after one has failed', async () => {
  const emitter = new Emitter<{ one: number; two: number }>();
  const calls: string[] = [];
  const failures: unknown[] = [];
  const report = (error: unknown) => failures.push(error);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', report);
  const end = emitter.on('one', () => {
    throw new Error('in the listener');
  });
  emitter.on('one', (value) => calls.push(`one ${value}`));
  emitter.on('two', (value) => calls.push(`two ${value}`));
  emitter.emit('one', 1);
  await new Promise((resolve) => setImmediate(resolve));
  end();
  emitter.emit('one', 2);
  await new Promise((resolve) => setImmediate(resolve));
  process.removeListener('uncaughtException', report);
  for (const listener of others) process.on('uncaughtException', listener);
  expect(calls).toEqual(['one 1', 'one 2']);
  expect(failures).toEqual([new Error('in the listener')]);
});
