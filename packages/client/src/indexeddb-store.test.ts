import 'fake-indexeddb/auto';
import type {
  AccountId,
  ClientId,
  ConversationId,
  DurableCommand,
  Message,
  Seq,
  StreamId,
} from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { IndexedDbStore } from './indexeddb-store.ts';
import type { Changes, OutboxEntry } from './store.ts';

const ACCOUNT = 'a' as AccountId;
const CONVERSATION = 'c' as ConversationId;
const STREAM = 'c' as StreamId;
let store: IndexedDbStore;

beforeEach(async () => {
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
    changedSeq: changedSeq as Seq,
    reactions: [],
    pinned: null,
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

/** What another process of the page would find. */
async function found() {
  const other = new IndexedDbStore();
  const saved = await other.open(ACCOUNT);
  await other.close();
  return saved;
}

describe('the IndexedDB store', () => {
  test('1. data and cursor are there together after a reload (R10)', async () => {
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
  });

  test('another epoch drops what was stored, but not the outbox (R9, B13)', async () => {
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
