import {
  type AccountId,
  type ConversationId,
  type Event,
  type Message,
  newMessage,
  type Seq,
  type StreamId,
  type ThreadPage,
} from '@parley/protocol';
import { expect, test } from 'vitest';
import { Thread } from './thread.ts';

const ID = '0197a000-0000-7000-8000-00000000000a' as ConversationId;
const AUTHOR = '0197a000-0000-7000-8000-00000000010b' as AccountId;
const ROOT = 4 as Seq;

const reply = (seq: number) =>
  ({
    op: 'event',
    stream: ID as string as StreamId,
    seq: seq as Seq,
    type: 'message.posted',
    at: new Date(seq * 1000).toISOString(),
    actor: AUTHOR,
    client: null,
    data: { body: `reply ${seq}`, thread: ROOT },
  }) as Event;

const message = (seq: number, thread?: Seq): Message =>
  newMessage({
    conversation: ID,
    seq: seq as Seq,
    author: AUTHOR,
    body: `reply ${seq}`,
    postedAt: new Date(seq * 1000).toISOString(),
    thread,
  });

/** A thread whose requests are answered by the test. */
function aThread(appliedUpTo: number) {
  const requests: ((page: ThreadPage) => void)[] = [];
  let applied = appliedUpTo as Seq | undefined;
  const thread = new Thread(
    ID,
    ROOT,
    {
      api: { thread: () => new Promise((resolve) => requests.push(resolve)) },
      me: () => null,
      outbox: () => [],
      appliedUpTo: () => applied,
    },
    () => undefined,
  );
  const arrive = (from: number, to: number) => {
    for (let seq = from; seq <= to; seq++) {
      applied = seq as Seq;
      thread.applied(reply(seq));
    }
  };
  const restart = (at: number | undefined) => {
    applied = at as Seq | undefined;
    thread.restarted();
  };
  return { thread, requests, arrive, restart };
}

const page = (from: number, to: number): ThreadPage =>
  ({
    root: message(ROOT),
    items: Array.from({ length: to - from + 1 }, (_, n) => message(from + n, ROOT)),
    hasOlder: true,
    hasNewer: false,
    asOf: to as Seq,
  }) as ThreadPage;

test('a thread has its root if many replies arrive while it is loaded for another window', async () => {
  const { thread, requests, arrive, restart } = aThread(10);
  const opened = thread.open();
  restart(40);
  arrive(41, 65);
  requests[0]?.(page(1, 30));
  await expect.poll(() => requests.length).toBe(2);
  expect(thread.snapshot.loading).not.toBeNull();
  requests[1]?.(page(16, 65));
  await opened;
  expect(thread.snapshot.root?.seq).toBe(ROOT);
  expect(thread.snapshot.messages.map(({ seq }) => seq)).toEqual(
    Array.from({ length: 50 }, (_, n) => 16 + n),
  );
  expect(thread.snapshot.loading).toBeNull();
});

test('a thread has its root if many replies arrive before it is loaded', async () => {
  const { thread, requests, arrive, restart } = aThread(10);
  const opened = thread.open();
  requests[0]?.(page(1, 50));
  await opened;
  restart(undefined);
  restart(40);
  arrive(41, 65);
  thread.caughtUp();
  await expect.poll(() => requests.length).toBe(2);
  requests[1]?.(page(16, 65));
  await expect.poll(() => thread.snapshot.root?.seq).toBe(ROOT);
  expect(thread.snapshot.messages).toHaveLength(50);
});
