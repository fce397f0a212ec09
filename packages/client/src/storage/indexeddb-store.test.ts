import 'fake-indexeddb/auto';
import {
  type AccountId,
  type ClientId,
  type Conversation,
  type ConversationId,
  DEFAULT_LAYOUT,
  type DurableCommand,
  type Message,
  type Seq,
  type StreamId,
  streamOfConversation,
  type TimelineEvent,
  type User,
} from '@parley/protocol';
import { forceCloseDatabase } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { IndexedDbStore } from './indexeddb-store.ts';
import type { Changes, OutboxEntry, SavedState } from './store.ts';
import type { WaitingChange } from './waiting-changes.ts';

const ACCOUNT = 'a' as AccountId;
const CONVERSATION = 'c' as ConversationId;
const STREAM = 'c' as StreamId;
let store: IndexedDbStore;

beforeEach(async () => {
  // A connection that a failed test leaves open would block the tests after it.
  vi.stubGlobal('indexedDB', new IDBFactory());
  store = new IndexedDbStore();
  await store.open(ACCOUNT);
});
afterEach(() => store.clear());

function message(seq: number, body: string, changedSeq = seq): Message {
  return {
    conversation: CONVERSATION,
    seq: seq as Seq,
    author: ACCOUNT,
    body,
    postedAt: '',
    editedAt: null,
    deletedAt: null,
    hiddenAt: null,
    changedSeq: changedSeq as Seq,
    reactions: [],
    replyTo: null,
    thread: null,
    alsoInConversation: false,
    threadSummary: null,
    mentions: [],
    attachments: [],
    pinned: null,
    forwardedFrom: null,
    poll: null,
    previews: [],
  };
}

function changes(part: Partial<Changes>): Changes {
  return {
    cursors: new Map(),
    messages: [],
    windows: new Map(),
    conversations: new Map(),
    ...part,
  };
}

/** What another process of the page would read. */
async function found() {
  const other = new IndexedDbStore();
  const saved = await other.open(ACCOUNT);
  await other.close();
  return saved;
}

describe('the IndexedDB store', () => {
  test('keeps each part of the state, until another epoch', async () => {
    const user: User = {
      id: ACCOUNT,
      username: 'ann',
      displayName: 'Ann',
      isActive: true,
      createdAt: '',
      nameIsShared: false,
      avatar: null,
    };
    const sidebar = { ...DEFAULT_LAYOUT, placements: [], closed: [], seq: 3 };
    await store.apply(
      changes({
        epoch: 'e1',
        state: { users: [user, { ...user, displayName: 'Older' }], sidebar },
      }),
    );
    await store.apply(changes({ state: { users: [user] } }));
    await store.apply(changes({ epoch: 'e1' }));
    expect((await found()).state).toEqual({ users: [user], sidebar });
    const more = { me: { id: ACCOUNT }, notifications: { seq: 4 } } as SavedState;
    await store.apply(changes({ state: more }));
    expect((await found()).state).toEqual({ users: [user], sidebar, ...more });
    await store.apply(changes({ epoch: 'e2' }));
    expect((await found()).state).toEqual({});
  });

  test('keeps the latest events of a conversation, until its window is dropped or another epoch', async () => {
    const event = (seq: number, stream = STREAM) =>
      ({ stream, seq, type: 'member.joined' }) as TimelineEvent;
    const stored = async (conversation = CONVERSATION) =>
      (await store.timelineEvents(conversation)).map(({ seq }) => seq);
    const other = 'd' as ConversationId;
    const elsewhere = event(1, streamOfConversation(other));
    const all = Array.from({ length: 201 }, (_, n) => event(n + 1));
    await store.apply(changes({ epoch: 'e1', timelineEvents: [elsewhere, ...all.slice(0, 150)] }));
    expect(await stored()).toHaveLength(150);
    await store.apply(changes({ timelineEvents: all.slice(100) }));
    expect(await stored()).toEqual(all.slice(1).map(({ seq }) => seq));
    await store.apply(changes({ windows: new Map([[CONVERSATION, null]]) }));
    expect(await stored()).toEqual([]);
    expect(await stored(other)).toEqual([1]);
    await store.apply(changes({ epoch: 'e2' }));
    expect(await stored(other)).toEqual([]);
    expect((await found()).changes).toEqual([]);
  });

  test('1. data and cursor are both present after a reload', async () => {
    await store.apply(
      changes({
        epoch: 'e1',
        cursors: new Map([[STREAM, 2 as Seq]]),
        windows: new Map([[CONVERSATION, 1 as Seq]]),
        messages: [message(1, 'one'), message(2, 'two')],
      }),
    );
    const saved = await found();
    expect(saved.epoch).toBe('e1');
    expect(saved.cursors.get(STREAM)).toBe(2);
    expect(saved.messages.map((m) => m.body)).toEqual(['one', 'two']);
  });

  test('1. a change that cannot be stored leaves the cursor where it was', async () => {
    await store.apply(
      changes({ cursors: new Map([[STREAM, 1 as Seq]]), messages: [message(1, 'one')] }),
    );
    // A function cannot be stored: the transaction fails after the first message was put.
    const broken = { ...message(3, 'three'), body: (() => '') as unknown as string };
    await expect(
      store.apply(
        changes({ cursors: new Map([[STREAM, 3 as Seq]]), messages: [message(2, 'two'), broken] }),
      ),
    ).rejects.toThrow();
    const saved = await found();
    expect(saved.cursors.get(STREAM)).toBe(1);
    expect(saved.messages.map((m) => m.body)).toEqual(['one']);
  });

  test('stores a change of many conversations when the page is idle, as a whole', async () => {
    let becomeIdle = () => {};
    const whenIdle = vi.fn(
      () =>
        new Promise<void>((resolve) => {
          becomeIdle = resolve;
        }),
    );
    const patient = new IndexedDbStore({ whenIdle });
    await patient.open(ACCOUNT);
    const ids = Array.from({ length: 250 }, (_, n) => `c${n}` as ConversationId);
    const many = changes({
      epoch: 'e1',
      cursors: new Map(ids.map((id) => [streamOfConversation(id), 1 as Seq])),
      windows: new Map(ids.map((id) => [id, 1 as Seq])),
      conversations: new Map(ids.map((id) => [id, { id } as Conversation])),
    });
    await patient.apply(changes({ messages: [message(1, 'one')] }));
    expect(whenIdle).not.toHaveBeenCalled();
    const stored = patient.apply(many);
    expect(whenIdle).toHaveBeenCalledOnce();
    expect((await found()).epoch).toBeNull();
    becomeIdle();
    await stored;
    const saved = await found();
    expect(saved.epoch).toBe('e1');
    expect(saved.messages).toEqual([]);
    expect([saved.conversations.length, saved.windows.size, saved.cursors.size]).toEqual([
      250, 250, 250,
    ]);
    // The last conversation cannot be stored, when most of the others have been written.
    const broken = { id: ids[249], title: () => '' } as unknown as Conversation;
    const failed = patient.apply({
      ...many,
      cursors: new Map([[STREAM, 9 as Seq]]),
      conversations: new Map([...ids.map((id) => [id, null] as const), [CONVERSATION, broken]]),
    });
    becomeIdle();
    await expect(failed).rejects.toThrow();
    expect((await found()).conversations).toHaveLength(250);
    expect((await found()).cursors.has(STREAM)).toBe(false);
    await patient.close();
  });

  test('2. a tab that is behind moves neither cursor nor message back', async () => {
    const other = new IndexedDbStore();
    await other.open(ACCOUNT);
    await store.apply(
      changes({ cursors: new Map([[STREAM, 5 as Seq]]), messages: [message(1, 'edited', 5)] }),
    );
    await other.apply(
      changes({ cursors: new Map([[STREAM, 3 as Seq]]), messages: [message(1, 'one')] }),
    );
    await other.close();
    const saved = await found();
    expect(saved.cursors.get(STREAM)).toBe(5);
    expect(saved.messages[0]?.body).toBe('edited');
    // What belongs to the same version, such as its link previews, may be newer.
    await store.apply(changes({ messages: [message(1, 'with more', 5)] }));
    expect((await found()).messages[0]?.body).toBe('with more');
  });

  test('another epoch drops what was stored, but not the outbox (B13)', async () => {
    const entry = {
      id: 'x' as ClientId,
      order: 1,
      command: { op: 'post' } as DurableCommand,
      createdAt: 0,
      state: 'pending',
      owner: 't',
    } satisfies OutboxEntry;
    await store.putOutbox(entry);
    await store.apply(
      changes({
        epoch: 'e1',
        cursors: new Map([[STREAM, 5 as Seq]]),
        messages: [message(1, 'one')],
      }),
    );
    await store.apply(changes({ epoch: 'e2', cursors: new Map([[STREAM, 1 as Seq]]) }));
    const saved = await found();
    expect(saved.cursors.get(STREAM)).toBe(1);
    expect(saved.messages).toEqual([]);
    expect(saved.outbox).toEqual([entry]);
  });
});

/** Resolves when the database is deleted; fails if an open connection blocks it. */
function deleted(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('A connection to the database stays open'));
  });
}

const OTHER = 'b' as AccountId;
const putOne = (to: IndexedDbStore) => to.apply(changes({ messages: [message(1, 'one')] }));

describe('opening, clearing and closing', () => {
  test('happen one after the other, in the order of the calls', async () => {
    await putOne(store);
    const cleared = store.clear();
    const opened = store.open(ACCOUNT);
    await Promise.all([cleared, opened]);
    expect((await opened).messages).toEqual([]);
    await putOne(store);
    expect((await found()).messages).toHaveLength(1);
  });

  test('a close that comes while the store is opening closes it', async () => {
    const late = new IndexedDbStore();
    await Promise.all([late.open(OTHER), late.close()]);
    await expect(putOne(late)).rejects.toThrow('not open');
    await deleted(`parley-${OTHER}`);
  });

  test('opening again closes the previous connection', async () => {
    await store.open(OTHER);
    await deleted(`parley-${ACCOUNT}`);
    await putOne(store);
    await store.open(ACCOUNT);
  });

  test('a failed attempt does not prevent the next one', async () => {
    await store.close();
    const open = vi.spyOn(indexedDB, 'open').mockImplementationOnce(() => {
      throw new DOMException('not here', 'SecurityError');
    });
    await expect(store.open(ACCOUNT)).rejects.toThrow('not here');
    open.mockRestore();
    await store.open(ACCOUNT);
    await putOne(store);
  });
});

describe('a database that another tab needs', () => {
  test('is released only by the connection that blocks it', async () => {
    // A connection that is no longer the store’s own, as if the browser had closed it late.
    const close = vi.spyOn(IDBDatabase.prototype, 'close').mockImplementationOnce(() => undefined);
    await store.open(OTHER);
    close.mockRestore();
    await deleted(`parley-${ACCOUNT}`);
    // The store’s own connection is another one, and works on.
    await putOne(store);
    await store.open(ACCOUNT);
  });

  test('is deleted by the second of two tabs that log out at once', async () => {
    const other = new IndexedDbStore();
    await other.open(ACCOUNT);
    await putOne(store);
    await store.clear();
    await expect(putOne(other)).rejects.toThrow('Another tab has deleted or upgraded');
    await other.clear();
    expect((await indexedDB.databases()).map((d) => d.name)).toEqual([]);
  });

  test('is emptied at once although the other tab keeps it open, and deleted when that tab closes it', async () => {
    await store.apply(changes({ epoch: 'one', messages: [message(1, 'secret')] }));
    await store.putOutbox({ id: 'x' } as OutboxEntry);
    // A tab that does not react, such as one that the browser has frozen.
    const opened = indexedDB.open(`parley-${ACCOUNT}`);
    await new Promise((resolve) => opened.addEventListener('success', resolve));
    const frozen = opened.result;
    const startedAt = performance.now();
    await store.clear();
    expect(performance.now() - startedAt).toBeGreaterThan(1_900);
    const names = [...frozen.objectStoreNames];
    expect(names).toHaveLength(6);
    const tx = frozen.transaction(names);
    const counts = names.map(async (name) => {
      const request = tx.objectStore(name).count();
      await new Promise((resolve) => request.addEventListener('success', resolve));
      return request.result;
    });
    expect(await Promise.all(counts)).toEqual([0, 0, 0, 0, 0, 0]);
    await expect(store.outbox()).rejects.toThrow('not open');
    // Nothing is open here that a second deletion would have to wait for.
    await store.clear();
    frozen.close();
    await expect.poll(() => indexedDB.databases()).toEqual([]);
  });

  test('is released at once, even if the store is still opening', async () => {
    await store.close();
    const opened = store.open(ACCOUNT).catch((error: Error) => error);
    await deleted(`parley-${ACCOUNT}`);
    await opened;
    await store.open(ACCOUNT);
  });
});

test('a store can be cleared after the browser has closed the database', async () => {
  const open = vi.spyOn(indexedDB, 'open');
  await store.open(ACCOUNT);
  await store.apply(changes({ messages: [message(1, 'secret')] }));
  const opened = open.mock.results[0]?.value as IDBOpenDBRequest | undefined;
  const result = opened?.result as unknown as Parameters<typeof forceCloseDatabase>[0];
  forceCloseDatabase(result);
  await vi.waitFor(() => expect(store.outbox()).rejects.toThrow('The browser has closed'));
  await store.clear();
  expect((await store.open(ACCOUNT)).messages).toEqual([]);
});

test('changes over REST are kept in the order of their ids, also in another epoch, until they are removed', async () => {
  const change = (id: string): WaitingChange => ({
    id: id as ClientId,
    of: 'sidebar',
    change: { kind: 'unread only', unreadOnly: true },
  });
  await store.putChange(change('0190b'));
  await store.putChange(change('0190a'));
  await store.apply(changes({ epoch: 'two' }));
  const other = new IndexedDbStore();
  expect((await other.open(ACCOUNT)).changes).toEqual([change('0190a'), change('0190b')]);
  await other.removeChange('0190a' as ClientId);
  expect(await store.changes()).toEqual([change('0190b')]);
  await other.close();
  await store.clear();
  expect((await store.open(ACCOUNT)).changes).toEqual([]);
});
