import {
  type ClientId,
  type ConversationId,
  DEFAULT_LAYOUT,
  type Event,
  type Seq,
  type Sidebar,
  type SidebarClosing,
  type SidebarMove,
} from '@parley/protocol';
import { expect, test } from 'vitest';
import { ApiError } from '../api/api-error.ts';
import type { SidebarApi } from '../api/sidebar.ts';
import type { WaitingChange } from '../storage/waiting-changes.ts';
import { isClosed, NO_SIDEBAR, type SidebarSnapshot, SidebarState } from './sidebar.ts';

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
    close: request,
    reopen: request,
  };
  const kept: Sidebar[] = [];
  const stored = new Map<ClientId, WaitingChange>();
  const refused: Error[] = [];
  const sidebar = new SidebarState({
    api,
    changed(snapshot) {
      state.shown = snapshot;
    },
    keep: (one) => kept.push(one),
    put: async (change) => void stored.set(change.id, change),
    remove: (id) => stored.delete(id),
    refused: (error) => refused.push(error),
  });
  return { sidebar, state, requests, kept, stored, refused };
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
  closed: [],
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

const closing = (seq: number, data: Partial<SidebarClosing>): Event =>
  ({ type: 'sidebar.closed', seq, data: { closed: [], reopened: [], ...data } }) as Event;
const seqOf = (seq: number) => seq as Seq;

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

test('after a restore of the server the sidebar is loaded again, and counts from its lower seq', async () => {
  const { sidebar, state, requests } = await loaded({ seq: 50 });
  sidebar.restored();
  requests[1]?.answer(answer({ sections: withWork, seq: 9 }));
  await expect.poll(() => state.shown.layout.sections).toEqual(withWork);
  sidebar.applied(changed(10, { unreadOnly: true }));
  expect(state.shown.layout.unreadOnly).toBe(true);
});

test('a conversation is closed at once, and reopened by another device', async () => {
  const { sidebar, state, requests, kept } = await loaded({
    placements: [{ conversation: C, section: 'favorites', rank: 1 }],
  });
  const closed = [{ conversation: C, seq: seqOf(7) }];
  const running = sidebar.close(C, seqOf(7));
  expect([...state.shown.closed]).toEqual([[C, 7]]);
  requests[1]?.answer(answer({ closed, seq: 6 }));
  await running;
  expect([...state.shown.closed]).toEqual([[C, 7]]);
  sidebar.applied(moved(7, { placed: [{ conversation: C, section: 'favorites', rank: 2 }] }));
  expect(kept.at(-1)?.closed).toEqual(closed);
  sidebar.applied(closing(8, { reopened: [C] }));
  expect(state.shown.closed.size).toBe(0);
  expect(state.shown.placements.get(C)?.rank).toBe(2);
  const rejected = sidebar.close(C, seqOf(9));
  requests[2]?.fail(new Error('rejected'));
  await expect(rejected).rejects.toThrow('rejected');
  expect(state.shown.closed.size).toBe(0);
  sidebar.applied(closing(10, { closed }));
  const reopening = sidebar.reopen(C);
  expect(state.shown.closed.size).toBe(0);
  requests[3]?.answer(answer({ seq: 11 }));
  await reopening;
  expect(state.shown.closed.size).toBe(0);
});

test('a closed conversation is back with the next message, and never hides an unread one', () => {
  const sidebar = { closed: new Map([[C, seqOf(7)]]) };
  const view = { id: C, lastMessage: { seq: seqOf(7) } as never, unread: 0, unreadMentions: [] };
  expect(isClosed(view, sidebar)).toBe(true);
  expect(isClosed({ ...view, lastMessage: null }, sidebar)).toBe(true);
  expect(isClosed({ ...view, lastMessage: { seq: seqOf(8) } as never }, sidebar)).toBe(false);
  expect(isClosed({ ...view, unread: 1 }, sidebar)).toBe(false);
  expect(isClosed({ ...view, unreadMentions: [seqOf(3)] }, sidebar)).toBe(false);
  expect(isClosed(view, { closed: new Map() })).toBe(false);
});

test('a sidebar that an earlier version has stored has closed nothing', () => {
  const { sidebar, state } = opened();
  const { closed: _, ...older } = answer({ seq: 4 });
  sidebar.restore(older as Sidebar);
  expect(state.shown.closed.size).toBe(0);
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

const offline = () => new ApiError('network', 'The server could not be reached');
const sectionOf = (shown: SidebarSnapshot) => shown.placements.get(C)?.section;

test('without a connection changes wait, also over a restart, and are sent in their order', async () => {
  const { sidebar, state, requests, stored } = await loaded();
  const creating = sidebar.createSection('Work');
  requests[1]?.fail(offline());
  const section = await creating;
  await sidebar.move({ conversations: [C], section });
  expect(requests).toHaveLength(2);
  expect(sectionOf(state.shown)).toBe(section);

  const next = opened();
  next.sidebar.restore(answer({ seq: 5 }));
  next.sidebar.restoreChanges([...stored.values()]);
  expect(sectionOf(next.state.shown)).toBe(section);
  next.sidebar.retry();
  expect(next.requests).toHaveLength(1);
  const created = answer({ sections: [{ ...work, id: section }], seq: 6 });
  next.requests[0]?.answer(created);
  await expect.poll(() => next.requests).toHaveLength(2);
  expect(next.state.shown.layout.sections).toHaveLength(1);
  const placements = [{ conversation: C, section, rank: 1 }];
  next.requests[1]?.answer({ ...created, placements, seq: 7 });
  await expect.poll(() => next.kept.at(-1)?.placements).toEqual(placements);
  expect(sectionOf(next.state.shown)).toBe(section);
});

test('a change that has waited and is refused is reverted and reported', async () => {
  const { sidebar, state, requests, stored, refused } = await loaded();
  const moving = sidebar.move({ conversations: [C], section: 'favorites' });
  requests[1]?.fail(offline());
  await moving;
  expect([sectionOf(state.shown), stored.size]).toEqual(['favorites', 1]);
  sidebar.retry();
  const error = new ApiError('too_many_placements', 'Too many', { status: 409 });
  requests[2]?.fail(error);
  await expect.poll(() => refused).toEqual([error]);
  expect([sectionOf(state.shown), stored.size]).toEqual([undefined, 0]);
});

test('a section that the server has created is shown once, although its answer was lost', async () => {
  const { sidebar, state, requests } = await loaded();
  const creating = sidebar.createSection('Work');
  requests[1]?.fail(offline());
  const section = await creating;
  sidebar.applied(changed(6, { sections: [...DEFAULT_LAYOUT.sections, { ...work, id: section }] }));
  expect(state.shown.layout.sections.filter(({ id }) => id === section)).toHaveLength(1);
});
