import {
  type ConversationId,
  type Event,
  NOTIFICATION_DEFAULTS,
  type NotificationSettingsAnswer,
  type Seq,
} from '@parley/protocol';
import { expect, test } from 'vitest';
import { NO_NOTIFICATIONS, Notifications, overrideKey } from './notifications.ts';

const C = '01890a5d-ac96-774b-bcce-b302099a8057' as ConversationId;
const MUTED = { level: null, muted: { until: null } };

/** Returns settings whose loads are answered by the test, and what they report. */
function opened() {
  const loads: ((answer: NotificationSettingsAnswer) => void)[] = [];
  const state = { shown: NO_NOTIFICATIONS, loads };
  const settings = new Notifications({
    load: () => new Promise((resolve) => loads.push(resolve)),
    changed: (snapshot) => {
      state.shown = snapshot;
    },
  });
  return { settings, state, loads };
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

test('shows the loaded settings and follows the events', async () => {
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
});

test('keeps a change that arrives while an older answer is in flight', async () => {
  const { settings, state, loads } = opened();
  const loading = settings.load();
  settings.applied(changed(5, 'mentions'));
  settings.applied(overridden(6, MUTED));
  loads[0]?.(answer({ seq: 2 }));
  await loading;
  expect(state.shown.settings.level).toBe('mentions');
  expect(state.shown.overrides.has(C)).toBe(true);
});

test('ignores an event that the answer already contains', async () => {
  const { settings, state, loads } = opened();
  const loading = settings.load();
  loads[0]?.(answer({ seq: 8, settings: { ...NOTIFICATION_DEFAULTS, level: 'nothing' } }));
  await loading;
  settings.applied(changed(7, 'mentions'));
  expect(state.shown.settings.level).toBe('nothing');
});

test('loads again after missed events, and drops an answer from before', async () => {
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
