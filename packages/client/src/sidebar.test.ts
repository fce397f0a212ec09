import {
  type ConversationId,
  DEFAULT_LAYOUT,
  type Event,
  type Sidebar,
  type SidebarMove,
} from '@parley/protocol';
import { expect, test } from 'vitest';
import type { SidebarApi } from './api-sidebar.ts';
import { NO_SIDEBAR, type SidebarSnapshot, SidebarState } from './sidebar.ts';

const C = '01890a5d-ac96-774b-bcce-b302099a8057' as ConversationId;
const S = '01890a5d-ac96-774b-bcce-b302099a8058';

/** A request that the test answers. */
interface Request {
  readonly answer: (sidebar: Sidebar) => void;
  readonly fail: (error: Error) => void;
}

/** Returns a sidebar whose requests are answered by the test, and what it reports. */
function opened() {
  const requests: Request[] = [];
  const state: { shown: SidebarSnapshot } = { shown: NO_SIDEBAR };
  const request = () => new Promise<Sidebar>((answer, fail) => requests.push({ answer, fail }));
  const api: Pick<SidebarApi, keyof SidebarApi> = {
    get: request,
    setUnreadOnly: request,
    createSection: request,
    changeSection: request,
    deleteSection: request,
    move: request,
  };
  const kept: Sidebar[] = [];
  const sidebar = new SidebarState(
    api,
    (snapshot) => {
      state.shown = snapshot;
    },
    (one) => kept.push(one),
  );
  return { sidebar, state, requests, kept };
}

/** Returns a loaded sidebar. */
async function loaded(part: Partial<Sidebar> = {}) {
  const all = opened();
  const loading = all.sidebar.load();
  all.requests[0]?.answer(answer({ seq: 5, ...part }));
  await loading;
  return all;
}

const answer = (part: Partial<Sidebar> = {}): Sidebar => ({
  ...DEFAULT_LAYOUT,
  placements: [],
  seq: 0,
  ...part,
});
const work = { id: S, name: 'Work', isCollapsed: false, order: 'manual' } as const;
const withWork = [...DEFAULT_LAYOUT.sections, work];
const inWork = { conversation: C, section: S, rank: 1 };
const changed = (seq: number, data: object): Event =>
  ({ type: 'sidebar.changed', seq, data: { ...DEFAULT_LAYOUT, ...data } }) as Event;
const moved = (seq: number, data: Partial<SidebarMove>): Event =>
  ({ type: 'sidebar.moved', seq, data: { placed: [], removed: [], ...data } }) as Event;

test('the loaded sidebar is shown, and changes with the events', async () => {
  const { sidebar, state } = await loaded({ sections: withWork });
  expect(state.shown.isLoaded).toBe(true);
  sidebar.applied(moved(6, { placed: [inWork] }));
  expect(state.shown.placements.get(C)).toEqual(inWork);
  sidebar.applied(changed(7, { sections: withWork, unreadOnly: true }));
  expect(state.shown.layout.unreadOnly).toBe(true);
  expect(state.shown.placements.has(C)).toBe(true);
  // Conversations of a removed section are no longer placed.
  sidebar.applied(changed(8, {}));
  expect(state.shown.placements.has(C)).toBe(false);
});

test('events that the answer already contains are ignored, and those that it lacks are kept', async () => {
  const { sidebar, state, requests } = opened();
  const loading = sidebar.load();
  sidebar.applied(changed(4, { unreadOnly: true }));
  sidebar.applied(moved(9, { placed: [{ conversation: C, section: 'favorites', rank: 1 }] }));
  requests[0]?.answer(answer({ seq: 8 }));
  await loading;
  expect(state.shown.layout.unreadOnly).toBe(false);
  expect(state.shown.placements.get(C)?.section).toBe('favorites');
});

test('a change is shown at once, and reverted when the server rejects it', async () => {
  const { sidebar, state, requests } = await loaded();
  const moving = sidebar.move({ conversations: [C], section: 'favorites' });
  expect(state.shown.placements.get(C)?.section).toBe('favorites');
  requests[1]?.fail(new Error('rejected'));
  await expect(moving).rejects.toThrow('rejected');
  expect(state.shown.placements.size).toBe(0);
});

test('changes on another device are kept while a change is in flight', async () => {
  const { sidebar, state, requests } = await loaded();
  const collapsing = sidebar.changeSection('groups', { isCollapsed: true });
  const groups = () => state.shown.layout.sections.find((one) => one.id === 'groups');
  sidebar.applied(changed(6, { unreadOnly: true }));
  expect(groups()?.isCollapsed).toBe(true);
  expect(state.shown.layout.unreadOnly).toBe(true);
  // The answer is older than an event that has arrived since.
  const sections = DEFAULT_LAYOUT.sections.map((one) => ({
    ...one,
    isCollapsed: one.id === 'groups',
  }));
  sidebar.applied(changed(8, { sections, unreadOnly: false }));
  requests[1]?.answer(answer({ sections, unreadOnly: true, seq: 7 }));
  await collapsing;
  expect(groups()?.isCollapsed).toBe(true);
  expect(state.shown.layout.unreadOnly).toBe(false);
});

test('a new section has the id of its request', async () => {
  const { sidebar, state, requests } = await loaded();
  const creating = sidebar.createSection('Work');
  const shown = state.shown.layout.sections[1];
  expect(shown?.name).toBe('Work');
  requests[1]?.answer(answer({ sections: withWork, seq: 6 }));
  expect(await creating).toBe(shown?.id);
});

test('after missed events the sidebar is loaded again, and answers from before are dropped', async () => {
  const { sidebar, state, requests } = await loaded();
  const collapsing = sidebar.changeSection('groups', { isCollapsed: true });
  sidebar.missed();
  requests[1]?.answer(answer({ unreadOnly: true, seq: 7 }));
  await collapsing;
  expect(state.shown.layout.unreadOnly).toBe(false);
  requests[2]?.answer(answer({ sections: withWork, seq: 9 }));
  await expect.poll(() => state.shown.isLoaded).toBe(true);
  expect(state.shown.layout.sections).toEqual(withWork);
});

test('clears everything of an account', async () => {
  const { sidebar, state } = await loaded({ sections: withWork, placements: [inWork] });
  sidebar.clear();
  expect(state.shown).toEqual(NO_SIDEBAR);
});

test('the stored sidebar is shown until it is loaded, and only what the server has confirmed is stored', async () => {
  const { sidebar, state, requests, kept } = opened();
  sidebar.restore(answer({ sections: withWork, placements: [inWork], seq: 4 }));
  expect(state.shown.isLoaded).toBe(false);
  expect(state.shown.placements.get(C)).toEqual(inWork);
  const loading = sidebar.load();
  requests[0]?.answer(answer({ sections: withWork, seq: 5 }));
  await loading;
  expect(state.shown.placements.has(C)).toBe(false);
  sidebar.applied(moved(6, { placed: [inWork] }));
  expect(kept.map(({ seq, placements }) => [seq, placements])).toEqual([
    [5, []],
    [6, [inWork]],
  ]);
  // Too late: what is loaded is newer.
  sidebar.restore(answer({ seq: 4 }));
  expect(state.shown.placements.get(C)).toEqual(inWork);
  // A change that is not confirmed is shown, but not stored.
  void sidebar.setUnreadOnly(true).catch(() => undefined);
  expect(state.shown.layout.unreadOnly).toBe(true);
  expect(kept).toHaveLength(2);
});
