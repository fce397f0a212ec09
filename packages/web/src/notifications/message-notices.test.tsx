import { type ClientSnapshot, type ParleyClient, threadKey } from '@parley/client';
import type { AccountId, ConversationId, Event, Seq } from '@parley/protocol';
import { NOTIFICATION_DEFAULTS } from '@parley/protocol';
import { toast } from 'sonner';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StorageForTests } from '../lib/storage-for-tests.ts';
import { recordLogin } from '../session/login-record.ts';
import { showToastsWith } from '../ui/toast.ts';
import type { BlockedUsers } from './blocked-users.ts';
import { MessageNotices } from './message-notices.tsx';

const [me, ann] = ['me', 'ann'] as AccountId[] as [AccountId, AccountId];
const general = '01890000-0000-7000-8000-000000000001' as ConversationId;

/** A notification of the browser, as the page shows it. */
class ShownNotification {
  static readonly permission = 'granted';
  static shown: ShownNotification[] = [];
  readonly body: string;
  isClosed = false;
  constructor(_title: string, { body }: { body: string }) {
    this.body = body;
    ShownNotification.shown.push(this);
  }
  close(): void {
    this.isClosed = true;
  }
  static get open(): string[] {
    const open = ShownNotification.shown.filter(({ isClosed }) => !isClosed);
    // Without the characters that isolate its direction.
    return open.map(({ body }) => body.slice(1, -1));
  }
}

const page = { hasFocus: true, path: '/', search: '', state: 'live' };
const blocked = new Set<AccountId>();
const view = { id: general, kind: 'group', name: 'General', readSeq: 3 as Seq, peers: null };
const others = [2, 3, 4, 5, 6].map(
  (n) => `01890000-0000-7000-8000-00000000000${n}` as ConversationId,
);
const snapshot = {
  users: new Map([[ann, { displayName: 'Ann', username: 'ann', nameIsShared: false }]]),
  conversations: new Map([[general, view], ...others.map((id) => [id, { ...view, id }] as const)]),
  threads: { cursors: new Map() },
  statuses: new Map(),
  notifications: {
    isLoaded: true,
    settings: { ...NOTIFICATION_DEFAULTS, level: 'all', sounds: false },
    overrides: new Map(),
  },
} as unknown as ClientSnapshot;
let loads: (() => void)[] = [];

function start() {
  const client = {
    state: page.state,
    snapshot,
    notifications: { load: () => new Promise<void>((resolve) => loads.push(resolve)) },
  } as unknown as ParleyClient;
  const notices = new MessageNotices(
    client,
    me,
    blocked as unknown as BlockedUsers,
    () => undefined,
  );
  let seq = 3;
  const apply = (type: Event['type'], data: object, actor = ann, stream = general) => {
    seq++;
    notices.apply({
      op: 'event',
      stream,
      seq,
      at: '',
      client: null,
      type,
      actor,
      data,
    } as never);
    return seq;
  };
  const post = (body: string, actor = ann) => apply('message.posted', { body }, actor);
  return { notices, apply, post };
}
const toasts = () => toast.getToasts().map(({ id }) => id);

let hideToasts: () => void;
beforeEach(() => {
  hideToasts = showToastsWith(toast);
  Object.assign(page, { hasFocus: true, path: '/', search: '', state: 'live' });
  Object.assign(view, { readSeq: 3 });
  Object.assign(snapshot.notifications, { isLoaded: true });
  ShownNotification.shown = [];
  blocked.clear();
  loads = [];
  vi.stubGlobal('localStorage', new StorageForTests());
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('document', { visibilityState: 'visible', hasFocus: () => page.hasFocus });
  vi.stubGlobal('window', { Notification: ShownNotification });
  vi.stubGlobal('Notification', ShownNotification);
  vi.stubGlobal('location', {
    get pathname() {
      return page.path;
    },
    get search() {
      return page.search;
    },
  });
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => setTimeout(callback));
  vi.stubGlobal('cancelAnimationFrame', clearTimeout);
  recordLogin(me);
});
afterEach(() => {
  toast.dismiss();
  hideToasts();
  vi.unstubAllGlobals();
});

test('a message is shown in the page, and by the browser if the page is not in front', async () => {
  const { notices, post } = start();
  post('hello');
  expect([toasts(), ShownNotification.open]).toEqual([[general], []]);
  notices.clear();
  expect(toasts()).toEqual([]);

  page.hasFocus = false;
  start().post('hello again');
  await vi.waitFor(() => expect(ShownNotification.open).toEqual(['hello again']));
});

test('own messages, read ones, those of blocked users and those on the screen are not shown', () => {
  const { post } = start();
  post('mine', me);
  blocked.add(ann);
  post('from a blocked user');
  blocked.clear();
  page.path = `/c/${general}`;
  post('on the screen');
  page.path = '/';
  view.readSeq = 7 as Seq;
  expect(post('read on another device')).toBe(7);
  expect(toasts()).toEqual([]);
  expect(post('unread')).toBe(8);
  expect(toasts()).toEqual([general]);
});

test('what was deleted, hidden, or left is shown no longer', async () => {
  page.hasFocus = false;
  const ends: [Event['type'], object][] = [
    ['message.deleted', { message: 4, author: ann }],
    ['message.hidden', { message: 4, author: ann }],
    ['member.left', { account: me }],
  ];
  for (const [type, data] of ends) {
    const { apply, post } = start();
    expect(post(type)).toBe(4);
    await vi.waitFor(() => expect(ShownNotification.open).toEqual([type]));
    apply('message.deleted', { message: 3, author: ann });
    apply('member.left', { account: ann });
    expect(toasts()).toEqual([general]);
    apply(type, data);
    await vi.waitFor(() => expect([toasts(), ShownNotification.open]).toEqual([[], []]));
  }
});

test('a message that is deleted before its notification is shown has none in the end', async () => {
  page.hasFocus = false;
  const { apply, post } = start();
  apply('message.deleted', { message: post('secret'), author: ann });
  await vi.waitFor(() => expect(ShownNotification.shown).toHaveLength(1));
  await vi.waitFor(() => expect(ShownNotification.open).toEqual([]));
});

test('messages wait for the settings, with their edits, and without those deleted meanwhile', async () => {
  Object.assign(snapshot.notifications, { isLoaded: false });
  page.hasFocus = false;
  const { apply, post } = start();
  const [first, second] = [post('a secret'), post('secnod')];
  apply('message.deleted', { message: first, author: ann });
  apply('message.edited', { message: second, body: 'second' });
  expect(toasts()).toEqual([]);
  for (const resolve of loads) resolve();
  await vi.waitFor(() => expect(ShownNotification.open).toEqual(['second']));
  expect(toasts()).toEqual([general]);
});

test('messages that were missed while offline, and deleted ones, are not shown; files without text are', () => {
  page.state = 'catching-up';
  start().post('missed');
  page.state = 'live';
  const { apply, post } = start();
  post('');
  expect(toasts()).toEqual([]);
  apply('message.posted', { body: '', attachments: [{ id: 'file' }] });
  expect(toasts()).toEqual([general]);
});

test('of many conversations at once, the latest three are shown in the page', async () => {
  vi.useFakeTimers();
  try {
    const { apply, post } = start();
    post('the first at once');
    for (const id of others) apply('message.posted', { body: 'burst' }, ann, id);
    apply('message.deleted', { message: 9, author: ann }, ann, others[4]);
    expect(toasts()).toEqual([general]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(toasts().sort()).toEqual([general, ...others.slice(1, 4)]);
  } finally {
    vi.useRealTimers();
  }
});

test('a reply that starts a followed thread is shown once that is known, unless the thread is open', async () => {
  vi.useFakeTimers();
  try {
    const reply = { body: 'a reply', thread: 2 };
    const { cursors } = snapshot.threads as unknown as { cursors: Map<string, object> };
    const { apply, notices } = start();
    apply('message.posted', reply);
    expect(toasts()).toEqual([]);
    cursors.set(threadKey(general, 2 as Seq), { readSeq: 0 });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(toasts()).toEqual([general]);
    notices.clear();
    page.path = `/c/${general}`;
    page.search = '?thread=2';
    apply('message.posted', reply);
    expect(toasts()).toEqual([]);
    page.search = '?thread=1';
    apply('message.posted', reply);
    expect(toasts()).toEqual([general]);
    cursors.clear();
  } finally {
    vi.useRealTimers();
  }
});
