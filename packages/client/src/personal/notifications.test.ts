import {
  type ChangedOverride,
  type ClientId,
  type ConversationId,
  type Event,
  NOTIFICATION_DEFAULTS,
  type NotificationSettingsAnswer,
  type Seq,
} from '@parley/protocol';
import { expect, test } from 'vitest';
import { ApiError } from '../api/api-error.ts';
import type { WaitingChange } from '../storage/waiting-changes.ts';
import { NO_NOTIFICATIONS, Notifications, overrideKey } from './notifications.ts';

const C = '01890a5d-ac96-774b-bcce-b302099a8057' as ConversationId;
const MUTED = { level: null, muted: { until: null } };

/** A request that the test answers. */
interface Request<T> {
  readonly answer: (answer: T) => void;
  readonly fail: (error: Error) => void;
}

/** Returns settings whose requests are answered by the test, and what they report. */
function opened() {
  const loads: ((answer: NotificationSettingsAnswer) => void)[] = [];
  const state = { shown: NO_NOTIFICATIONS, loads };
  const general: Request<NotificationSettingsAnswer>[] = [];
  const overrides: Request<ChangedOverride>[] = [];
  const requested = <T>(all: Request<T>[]) =>
    new Promise<T>((answer, fail) => all.push({ answer, fail }));
  const kept: NotificationSettingsAnswer[] = [];
  const stored = new Map<ClientId, WaitingChange>();
  const refused: Error[] = [];
  const settings = new Notifications({
    keep: (one) => kept.push(one),
    put: async (change) => void stored.set(change.id, change),
    remove: (id) => stored.delete(id),
    refused: (error) => refused.push(error),
    api: {
      settings: () => new Promise((resolve) => loads.push(resolve)),
      change: () => requested(general),
      changeConversation: () => requested(overrides),
      changeThread: () => requested(overrides),
    },
    changed: (snapshot) => {
      state.shown = snapshot;
    },
  });
  return { settings, state, loads, general, overrides, kept, stored, refused };
}

/** Returns loaded settings. */
async function loaded() {
  const all = opened();
  const loading = all.settings.load();
  all.loads[0]?.(answer({ seq: 4 }));
  await loading;
  return all;
}

const answer = (part: Partial<NotificationSettingsAnswer> = {}): NotificationSettingsAnswer => ({
  settings: NOTIFICATION_DEFAULTS,
  seq: 0,
  overrides: [],
  ...part,
});
const changed = (seq: number, level: 'all' | 'mentions'): Event =>
  ({ type: 'notifications.changed', seq, data: { ...NOTIFICATION_DEFAULTS, level } }) as Event;
const overridden = (seq: number, data: object): Event =>
  ({ type: 'notifications.overridden', seq, data: { conversation: C, ...data } }) as Event;

test('the loaded settings are shown, and change with the events', async () => {
  const { settings, state, loads } = opened();
  const loading = settings.load();
  loads[0]?.(answer({ seq: 4, overrides: [{ conversation: C, seq: 3 as Seq, ...MUTED }] }));
  await loading;
  expect(state.shown.isLoaded).toBe(true);
  expect(state.shown.overrides.get(C)?.muted).toEqual({ until: null });
  settings.applied(changed(5, 'mentions'));
  settings.applied(overridden(6, { level: null, muted: null }));
  settings.applied(overridden(7, { thread: 9, level: 'all', muted: null }));
  expect(state.shown.settings.level).toBe('mentions');
  expect([...state.shown.overrides.keys()]).toEqual([overrideKey(C, 9 as Seq)]);
  expect(overrideKey(C)).not.toBe(overrideKey(C, 9 as Seq));
});

test('a change that arrives while an older answer is in flight is kept', async () => {
  const { settings, state, loads } = opened();
  const loading = settings.load();
  settings.applied(changed(5, 'mentions'));
  settings.applied(overridden(6, MUTED));
  loads[0]?.(answer({ seq: 2 }));
  await loading;
  expect(state.shown.settings.level).toBe('mentions');
  expect(state.shown.overrides.has(C)).toBe(true);
});

test('an event that the answer already contains is ignored', async () => {
  const { settings, state, loads } = opened();
  const loading = settings.load();
  loads[0]?.(answer({ seq: 8, settings: { ...NOTIFICATION_DEFAULTS, level: 'nothing' } }));
  await loading;
  settings.applied(changed(7, 'mentions'));
  expect(state.shown.settings.level).toBe('nothing');
});

test('after missed events the settings are loaded again, and an answer from before is dropped', async () => {
  const { settings, state, loads } = opened();
  const loading = settings.load();
  settings.missed();
  loads[0]?.(answer({ seq: 1 }));
  await expect.poll(() => loads.length).toBe(2);
  loads[1]?.(answer({ seq: 9, settings: { ...NOTIFICATION_DEFAULTS, level: 'nothing' } }));
  await loading;
  expect(state.shown.settings.level).toBe('nothing');
});

test('clears everything of an account', async () => {
  const { settings, state, loads } = opened();
  const loading = settings.load();
  loads[0]?.(answer({ seq: 4, overrides: [{ conversation: C, seq: 3 as Seq, ...MUTED }] }));
  await loading;
  settings.clear();
  expect(state.shown).toEqual(NO_NOTIFICATIONS);
});

test('a change is shown at once, and its answer is kept until its event arrives', async () => {
  const { settings, state, general, overrides } = await loaded();
  const muting = settings.changeConversation(C, { muted: { until: null } });
  const leveling = settings.change({ level: 'mentions' });
  expect(state.shown.overrides.get(C)).toMatchObject(MUTED);
  expect(state.shown.settings.level).toBe('mentions');
  overrides[0]?.answer({ ...MUTED, seq: 5 });
  general[0]?.answer(
    answer({ seq: 6, settings: { ...NOTIFICATION_DEFAULTS, level: 'mentions', newPeople: false } }),
  );
  await Promise.all([muting, leveling]);
  expect(state.shown.overrides.get(C)).toMatchObject(MUTED);
  expect(state.shown.settings).toMatchObject({ level: 'mentions', newPeople: false });
});

test('reverts a change that the server rejects', async () => {
  const { settings, state, general, overrides } = await loaded();
  const muting = settings.changeThread(C, 9 as Seq, { muted: { until: null } });
  const leveling = settings.change({ level: 'nothing' });
  expect(state.shown.overrides.get(overrideKey(C, 9 as Seq))).toMatchObject(MUTED);
  overrides[0]?.fail(new Error('refused'));
  general[0]?.fail(new Error('refused'));
  await expect(muting).rejects.toThrow('refused');
  await expect(leveling).rejects.toThrow('refused');
  expect(state.shown.overrides.size).toBe(0);
  expect(state.shown.settings.level).toBe('all');
});

test('a later change on another device wins over the answer to an earlier one', async () => {
  const { settings, state, overrides } = await loaded();
  const muting = settings.changeConversation(C, { muted: { until: null } });
  settings.applied(overridden(5, MUTED));
  settings.applied(overridden(6, { level: 'all', muted: null }));
  // Shown as this device chose it, until the answer.
  expect(state.shown.overrides.get(C)?.muted).toEqual({ until: null });
  overrides[0]?.answer({ ...MUTED, seq: 5 });
  await muting;
  expect(state.shown.overrides.get(C)).toMatchObject({ level: 'all', muted: null });
});

test('two changes of one override are sent one after the other, and both are shown meanwhile', async () => {
  const { settings, state, overrides } = await loaded();
  const first = settings.changeConversation(C, { muted: { until: null } });
  const second = settings.changeConversation(C, { level: 'all' });
  expect(state.shown.overrides.get(C)).toMatchObject({ level: 'all', muted: { until: null } });
  expect(overrides).toHaveLength(1);
  overrides[0]?.answer({ ...MUTED, seq: 5 });
  await first;
  expect(state.shown.overrides.get(C)).toMatchObject({ level: 'all', muted: { until: null } });
  overrides[1]?.answer({ level: 'all', muted: { until: null }, seq: 6 });
  await second;
  expect(state.shown.overrides.get(C)).toMatchObject({ level: 'all', muted: { until: null } });
});

test('the settings are loaded again after changes whose answers are outdated', async () => {
  const { settings, state, loads, general } = await loaded();
  const leveling = settings.change({ level: 'mentions' });
  settings.missed();
  general[0]?.answer(answer({ seq: 3, settings: { ...NOTIFICATION_DEFAULTS, level: 'mentions' } }));
  await leveling;
  expect(state.shown.settings.level).toBe('all');
  loads[1]?.(answer({ seq: 8, settings: { ...NOTIFICATION_DEFAULTS, level: 'mentions' } }));
  await expect.poll(() => state.shown.settings.level).toBe('mentions');
});

test('a mute without a connection waits, next to the settings that were stored', async () => {
  const { settings, loads, overrides, kept, stored } = opened();
  const loading = settings.load();
  loads[0]?.(answer({ seq: 4, settings: { ...NOTIFICATION_DEFAULTS, level: 'mentions' } }));
  await loading;
  const muting = settings.changeConversation(C, MUTED);
  overrides[0]?.fail(new ApiError('network', 'The server could not be reached'));
  await muting;

  const next = opened();
  next.settings.restore(kept.at(-1) as NotificationSettingsAnswer);
  next.settings.restoreChanges([...stored.values()]);
  expect(next.state.shown.settings.level).toBe('mentions');
  expect(next.state.shown.overrides.get(C)).toEqual(MUTED);
  next.settings.retry();
  next.overrides[0]?.answer({ ...MUTED, seq: 5 });
  await expect
    .poll(() => next.kept.at(-1)?.overrides)
    .toEqual([{ conversation: C, ...MUTED, seq: 5 }]);
});

test('overrides of a conversation and of its threads are stored under their place', async () => {
  const { settings, kept } = await loaded();
  settings.applied(overridden(5, { level: 'all', muted: null }));
  settings.applied(overridden(6, { thread: 3, level: 'mentions', muted: null }));
  // Earlier ones are known.
  settings.applied(overridden(4, { level: 'mentions', muted: null }));
  settings.applied(overridden(5, { thread: 3, level: 'all', muted: null }));
  expect(kept.at(-1)).toEqual({
    ...{ settings: NOTIFICATION_DEFAULTS, seq: 4 },
    overrides: [
      { conversation: C, level: 'all', muted: null, seq: 5 },
      { conversation: C, thread: 3, level: 'mentions', muted: null, seq: 6 },
    ],
  });
  expect(kept).toHaveLength(3);
});

test('general settings without a connection wait too, and the last value wins', async () => {
  const { settings, state, general, stored } = await loaded();
  const first = settings.change({ level: 'nothing', sounds: false });
  const second = settings.change({ level: 'mentions' });
  general[0]?.fail(new ApiError('network', 'The server could not be reached'));
  expect(await Promise.all([first, second])).toEqual(['waiting', 'waiting']);
  expect(await settings.change({ newPeople: true })).toBe('waiting');
  expect(settings.waiting).toBe(3);
  expect(stored.size).toBe(3);
  expect(state.shown.settings).toMatchObject({ level: 'mentions', sounds: false, newPeople: true });

  const next = opened();
  next.settings.restoreChanges([...stored.values()]);
  expect(next.state.shown.settings).toMatchObject({ level: 'mentions', sounds: false });
  next.settings.retry();
  for (const [n, level] of (['nothing', 'mentions', 'mentions'] as const).entries()) {
    await expect.poll(() => next.general.length).toBe(n + 1);
    next.general[n]?.answer(
      answer({ seq: 5 + n, settings: { ...NOTIFICATION_DEFAULTS, level, sounds: false } }),
    );
  }
  await expect.poll(() => next.settings.waiting).toBe(0);
  expect(next.state.shown.settings).toMatchObject({ level: 'mentions', sounds: false });
});

test('a waiting change that fails unexpectedly is reported, and the next one is sent', async () => {
  const { settings, general, refused, stored } = await loaded();
  const first = settings.change({ level: 'nothing' });
  const second = settings.change({ level: 'mentions' });
  general[0]?.fail(new ApiError('network', 'The server could not be reached'));
  await Promise.all([first, second]);
  settings.retry();
  general[1]?.fail(new TypeError('the answer has no seq'));
  await expect.poll(() => general.length).toBe(3);
  general[2]?.answer(answer({ seq: 5 }));
  await expect.poll(() => stored.size).toBe(0);
  expect(refused).toEqual([expect.any(TypeError)]);
});
