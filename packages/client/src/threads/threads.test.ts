import {
  type AccountId,
  type ConversationId,
  type Event,
  LIMITS,
  type Message,
  newMessage,
  type Seq,
  type StreamId,
  type ThreadCursor,
  type ThreadCursorsAnswer,
} from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { ApiError } from '../api/api-error.ts';
import { MessageWindow } from '../messages/message-window.ts';
import { Threads, type ThreadsSnapshot, threadKey } from './threads.ts';

const ID = '0197a000-0000-7000-8000-00000000000a' as ConversationId;
const [ME, OTHER, THIRD] = ['a', 'b', 'c'].map(
  (c) => `0197a000-0000-7000-8000-00000000010${c}` as AccountId,
) as [AccountId, AccountId, AccountId];
const ROOTS = [1, 2] as Seq[];

/** The log of a conversation, and the server’s state of its threads. */
class ModelLog {
  readonly events: Event[] = [];
  readonly read = new Map<Seq, Seq>();
  /** Threads that the account chose not to follow. */
  readonly unfollowed = new Set<Seq>();
  version = 0;

  constructor() {
    this.add(ME, 'message.posted', { body: 'mine' });
    this.add(OTHER, 'message.posted', { body: 'theirs' });
  }

  get head(): Seq {
    return this.events.length as Seq;
  }

  add(actor: AccountId, type: Event['type'], data: object): Event {
    const event = {
      op: 'event',
      stream: ID as string as StreamId,
      seq: this.events.length + 1,
      type,
      at: new Date(this.events.length * 1000).toISOString(),
      actor,
      client: null,
      data,
    } as Event;
    this.events.push(event);
    return event;
  }

  /** The replies of a thread that are left, computed from the log. */
  replies(root: Seq, upTo = this.head) {
    const replies = new Map<Seq, { author: AccountId; isMine: boolean; at: string }>();
    for (const { type, seq, actor, at, data } of this.events.slice(0, upTo)) {
      const mentionsMe = (list: readonly { kind: string; id?: string }[] = []) =>
        list.some((m) => m.kind === 'everyone' || m.id === ME);
      if (type === 'message.posted' && data.thread === root) {
        replies.set(seq, { author: actor, isMine: mentionsMe(data.mentions), at });
      } else if (type === 'message.edited') {
        const reply = replies.get(data.message);
        if (reply) replies.set(data.message, { ...reply, isMine: mentionsMe(data.mentions) });
      } else if (type === 'message.deleted') replies.delete(data.message);
    }
    return replies;
  }

  /** What makes the account follow a thread: the event, and where it starts to read. */
  causes(root: Seq): { event: number; start: number }[] {
    const [author] = this.events.flatMap((e) => (e.seq === root ? [e.actor] : []));
    const own = this.events.find(
      ({ type, actor, data }) => type === 'message.posted' && data.thread === root && actor === ME,
    );
    const mine = author === ME ? root : own?.seq;
    const named = new Map<Seq, number>();
    for (const { type, seq, actor, data } of this.events) {
      if (type !== 'message.posted' && type !== 'message.edited' && type !== 'message.deleted')
        continue;
      const message = type === 'message.posted' ? seq : data.message;
      if (message !== root && data.thread !== root) continue;
      const isNamed =
        type !== 'message.deleted' &&
        actor !== ME &&
        (data.mentions ?? []).some((m) => 'id' in m && m.id === ME);
      if (!isNamed) named.delete(message);
      else if (!named.has(message)) named.set(message, seq);
    }
    return [
      ...(mine === undefined ? [] : [{ event: mine, start: mine }]),
      ...[...named].map(([message, event]) => ({ event, start: message - 1 })),
    ];
  }

  cursor(root: Seq): ThreadCursor | null {
    const replies = [...this.replies(root)];
    const [first] = this.causes(root).sort((a, b) => a.event - b.event);
    if (replies.length === 0 || !first || this.unfollowed.has(root)) return null;
    const readSeq = (this.read.get(root) ?? first.start) as Seq;
    const after = replies.filter(([seq, { author }]) => seq > readSeq && author !== ME);
    return {
      conversation: ID,
      thread: root,
      isFollowing: true,
      readSeq,
      unread: Math.min(after.length, LIMITS.unreadMax),
      unreadMentions: after.filter(([, reply]) => reply.isMine).map(([seq]) => seq),
      asOf: this.head,
    };
  }

  answer(): ThreadCursorsAnswer {
    return { readVersion: this.version, items: ROOTS.flatMap((root) => this.cursor(root) ?? []) };
  }

  summary(root: Seq) {
    const replies = [...this.replies(root)];
    const last = replies.at(-1);
    if (!last) return null;
    const authors = [...new Set(replies.map(([, { author }]) => author).reverse())].slice(0, 3);
    return { replies: replies.length, lastReplySeq: last[0], lastReplyAt: last[1].at, authors };
  }
}

/** The steps: actions of accounts, and when they reach the client. */
const step = fc.record({
  what: fc.constantFrom(
    'reply',
    'reply',
    'edit',
    'edit root',
    'delete',
    'deliver',
    'deliver',
    'load',
    'answer',
    'read here',
    'read elsewhere',
  ),
  who: fc.constantFrom(ME, OTHER, THIRD),
  root: fc.constantFrom(...ROOTS),
  mentions: fc.boolean(),
  n: fc.nat(5),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Applies one action to the log. */
function act(log: ModelLog, { what, who, root, mentions, n }: Step): void {
  const mention =
    mentions && (who !== ME || what === 'edit root')
      ? { mentions: [{ kind: 'user', name: 'me', id: ME }] }
      : {};
  if (what === 'reply') {
    log.add(who, 'message.posted', { body: 'x', thread: root, ...mention });
    return;
  }
  if (what === 'edit root') {
    const writer = log.events[root - 1]?.actor ?? OTHER;
    const own = writer === ME ? {} : mention;
    log.add(writer, 'message.edited', { message: root, body: 'z', ...own });
    return;
  }
  const [message, { author }] = [...log.replies(root)][n] ?? [0, { author: who }];
  if (message === 0) return;
  if (what === 'edit') {
    const own = author === ME ? {} : mention;
    log.add(author, 'message.edited', { message, body: 'y', thread: root, ...own });
  } else if (what === 'delete') {
    const event = log.add(author, 'message.deleted', { message, author, thread: root });
    Object.assign(event.data, { threadSummary: log.summary(root) });
  }
}

/** A client whose requests the test answers. */
function aClient(log: ModelLog) {
  let applied = 0;
  let snapshot: ThreadsSnapshot | null = null;
  const requests: {
    answer: ThreadCursorsAnswer;
    resolve: (a: ThreadCursorsAnswer) => void;
    reject: (error: Error) => void;
  }[] = [];
  const frames: { version: number; cursor: ThreadCursor }[] = [];
  const read = (root: Seq, seq: Seq) => {
    const before = log.cursor(root);
    if (!before || Math.min(seq, log.head) <= before.readSeq) return;
    log.read.set(root, Math.min(seq, log.head) as Seq);
    log.version++;
    frames.push({ version: log.version, cursor: log.cursor(root) as ThreadCursor });
  };
  const threads = new Threads({
    api: {
      // The server answers at once; the answer arrives later.
      threadCursors: () =>
        new Promise((resolve, reject) => requests.push({ answer: log.answer(), resolve, reject })),
      readThread: async (_id, root, seq) => {
        read(root, seq);
        return log.cursor(root) as ThreadCursor;
      },
    },
    me: () => ME,
    appliedUpTo: () => applied as Seq,
    changed: (next) => {
      snapshot = next;
    },
  });
  return {
    threads,
    read,
    get snapshot() {
      return snapshot;
    },
    deliver() {
      const event = log.events[applied];
      if (event) threads.applied(event);
      if (event) applied++;
      return event !== undefined;
    },
    /** Everything up to now was skipped. */
    skip() {
      applied = log.head;
    },
    async answerOne() {
      const request = requests.shift();
      request?.resolve(request.answer);
      await vi.advanceTimersByTimeAsync(0);
      return request !== undefined;
    },
    async failOne() {
      const request = requests.shift();
      request?.reject(new ApiError('network', 'no answer'));
      await vi.advanceTimersByTimeAsync(0);
      return request !== undefined;
    },
    takeFrames() {
      for (const { version, cursor } of frames.splice(0)) threads.moved(version, cursor);
    },
  };
}

describe('the followed threads', () => {
  test('thread counts equal those of the log, in any order of arrival', async () => {
    vi.useFakeTimers();
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          const log = new ModelLog();
          const client = aClient(log);
          const loading = client.threads.load();
          for (const one of steps) {
            if (one.what === 'deliver') client.deliver();
            else if (one.what === 'load') void client.threads.reload();
            else if (one.what === 'answer') await client.answerOne();
            else if (one.what === 'read elsewhere') client.read(one.root, log.head);
            else if (one.what === 'read here') {
              client.threads.read({ conversation: ID, thread: one.root });
            } else act(log, one);
            if (one.n === 0) client.takeFrames();
          }
          // Everything arrives.
          for (let round = 0; round < 200; round++) {
            await vi.advanceTimersByTimeAsync(1_000);
            client.takeFrames();
            const isMore = [client.deliver(), await client.answerOne()].some(Boolean);
            if (!isMore && round > 10) break;
          }
          await loading;
          const expected = log.answer().items;
          for (const { asOf: _asOf, ...cursor } of expected) {
            const key = threadKey(cursor.conversation, cursor.thread);
            expect(client.snapshot?.cursors.get(key)).toMatchObject(cursor);
          }
          const shown = [...(client.snapshot?.cursors.values() ?? [])];
          expect(shown.map((c) => c.thread).sort()).toEqual(expected.map((c) => c.thread).sort());
          expect(client.snapshot?.unread).toBe(expected.filter((c) => c.unread > 0).length);
          expect(shown.filter((c) => c.unread > 0)).toHaveLength(
            expected.filter((c) => c.unread > 0).length,
          );
          client.threads.clear();
        }),
        { numRuns: 150 },
      );
    } finally {
      vi.useRealTimers();
    }
  });

  test('an unknown thread is requested once, until it concerns the account', async () => {
    vi.useFakeTimers();
    try {
      const log = new ModelLog();
      const client = aClient(log);
      void client.threads.load();
      await client.answerOne();
      while (client.deliver());
      const asked = async () => {
        await vi.advanceTimersByTimeAsync(1_000);
        return await client.answerOne();
      };
      const reply = (who: AccountId) => {
        log.add(who, 'message.posted', { body: 'x', thread: 2 });
        client.deliver();
      };
      reply(OTHER);
      expect(await asked()).toBe(true);
      reply(THIRD);
      expect(await asked()).toBe(false);
      reply(ME);
      expect(await asked()).toBe(true);
      reply(OTHER);
      expect(await asked()).toBe(false);
      expect(client.snapshot).toMatchObject({ unread: 1, isLoaded: true });
      client.threads.clear();
      expect(client.snapshot).toMatchObject({ unread: 0, isLoaded: false });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a move of a read cursor that is reported late', () => {
  const root = 1 as Seq;
  /** A client with an unread reply, which was read elsewhere; the report is in flight. */
  const aLateReport = async (log: ModelLog) => {
    log.add(OTHER, 'message.posted', { body: 'x', thread: root });
    const client = aClient(log);
    void client.threads.load();
    await client.answerOne();
    while (client.deliver());
    client.read(root, log.head);
    return client;
  };
  const choose = (log: ModelLog, type: 'thread.followed' | 'thread.unfollowed') => {
    if (type === 'thread.followed') log.unfollowed.delete(root);
    else log.unfollowed.add(root);
    // An event of the personal stream.
    const data = { conversation: ID, message: root };
    return { op: 'event', type, actor: ME, data } as Event;
  };
  const loaded = async (client: ReturnType<typeof aClient>) => {
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await client.answerOne()).toBe(true);
  };

  test('is shown when it arrives', async () => {
    vi.useFakeTimers();
    try {
      const client = await aLateReport(new ModelLog());
      const unread = () => [...(client.snapshot?.cursors.values() ?? [])].map((c) => c.unread);
      expect(unread()).toEqual([1]);
      const before = client.snapshot;
      client.takeFrames();
      expect(client.snapshot).not.toBe(before);
      expect(unread()).toEqual([0]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('does not restore a thread that the account no longer follows', async () => {
    vi.useFakeTimers();
    try {
      const log = new ModelLog();
      const client = await aLateReport(log);
      client.threads.applied(choose(log, 'thread.unfollowed'));
      expect(client.snapshot?.cursors.size).toBe(0);
      await loaded(client);
      client.takeFrames();
      await vi.advanceTimersByTimeAsync(1_000);
      expect([...(client.snapshot?.cursors.keys() ?? [])]).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('does not remove a thread that the account follows again', async () => {
    vi.useFakeTimers();
    try {
      const log = new ModelLog();
      const client = await aLateReport(log);
      const cursor = log.cursor(root) as ThreadCursor;
      client.threads.applied(choose(log, 'thread.unfollowed'));
      client.threads.applied(choose(log, 'thread.followed'));
      await loaded(client);
      client.threads.moved(log.version, { ...cursor, isFollowing: false });
      await vi.advanceTimersByTimeAsync(1_000);
      expect([...(client.snapshot?.cursors.keys() ?? [])]).toEqual([threadKey(ID, root)]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a late read cursor counts after a restore of the server, whose versions start over', async () => {
    vi.useFakeTimers();
    try {
      const log = new ModelLog();
      const client = await aLateReport(log);
      void client.threads.reload();
      await client.answerOne();
      log.read.clear();
      log.version = 0;
      client.takeFrames();
      client.threads.restored();
      client.read(root, log.head);
      client.takeFrames();
      expect(client.snapshot?.cursors.get(threadKey(ID, root))).toMatchObject({ unread: 0 });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a followed thread whose replies were all deleted', () => {
  /** A client that follows a thread of its account, which had no replies when the threads were loaded. */
  const aFollower = async (log: ModelLog) => {
    const client = aClient(log);
    void client.threads.load();
    await client.answerOne();
    while (client.deliver());
    return client;
  };
  const reply = (log: ModelLog) => log.add(OTHER, 'message.posted', { body: 'x', thread: 1 });
  const deletion = (log: ModelLog) =>
    act(log, { what: 'delete', who: OTHER, root: 1 as Seq, mentions: false, n: 0 });
  const isCounted = async (log: ModelLog, client: ReturnType<typeof aClient>) => {
    reply(log);
    while (client.deliver());
    await vi.advanceTimersByTimeAsync(1_000);
    await client.answerOne();
    expect(client.snapshot).toMatchObject({ unread: 1 });
    client.threads.clear();
  };

  test('counts later replies if the deletion arrives after the threads were loaded', async () => {
    vi.useFakeTimers();
    try {
      const log = new ModelLog();
      const client = await aFollower(log);
      reply(log);
      client.deliver();
      deletion(log);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await client.answerOne()).toBe(true);
      client.deliver();
      await isCounted(log, client);
    } finally {
      vi.useRealTimers();
    }
  });

  test('counts later replies if the deletion arrives before the threads are loaded', async () => {
    vi.useFakeTimers();
    try {
      const log = new ModelLog();
      const client = await aFollower(log);
      reply(log);
      deletion(log);
      while (client.deliver());
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await client.answerOne()).toBe(true);
      await isCounted(log, client);
    } finally {
      vi.useRealTimers();
    }
  });

  test('counts later replies if the deletion is among events that were skipped', async () => {
    vi.useFakeTimers();
    try {
      const log = new ModelLog();
      const client = await aFollower(log);
      reply(log);
      client.deliver();
      deletion(log);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await client.answerOne()).toBe(true);
      client.skip();
      client.threads.missed();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await client.answerOne()).toBe(true);
      await isCounted(log, client);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the threads of a conversation', () => {
  test('threads of a left conversation are not taken from an answer in flight, and are reloaded after a join', async () => {
    vi.useFakeTimers();
    try {
      const log = new ModelLog();
      log.add(OTHER, 'message.posted', { body: 'x', thread: 1 });
      const client = aClient(log);
      void client.threads.load();
      client.threads.left(ID);
      await client.answerOne();
      expect(client.snapshot).toMatchObject({ isLoaded: true, unread: 0 });
      client.threads.missed();
      await vi.advanceTimersByTimeAsync(1_000);
      await client.answerOne();
      expect(client.snapshot).toMatchObject({ unread: 1 });
      client.threads.left(ID);
      expect(client.snapshot).toMatchObject({ unread: 0 });
      client.threads.clear();
    } finally {
      vi.useRealTimers();
    }
  });

  test('threads are loaded again after a failed load', async () => {
    vi.useFakeTimers();
    try {
      const log = new ModelLog();
      const client = aClient(log);
      void client.threads.load();
      await client.answerOne();
      log.add(OTHER, 'message.posted', { body: 'x', thread: 1 });
      client.threads.missed();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await client.failOne()).toBe(true);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await client.answerOne()).toBe(false);
      client.threads.retry();
      client.threads.retry();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await client.answerOne()).toBe(true);
      expect(client.snapshot).toMatchObject({ unread: 1 });
      client.threads.retry();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await client.answerOne()).toBe(false);
      client.threads.clear();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a first load of the threads that has failed', () => {
  const failedFirst = async (log: ModelLog) => {
    const client = aClient(log);
    const loading = client.threads.load();
    const failed = expect(loading).rejects.toMatchObject({ code: 'network' });
    expect(await client.failOne()).toBe(true);
    await failed;
    return client;
  };
  const asked = async (client: ReturnType<typeof aClient>) => {
    await vi.advanceTimersByTimeAsync(1_000);
    return await client.answerOne();
  };

  test('a failed first load of the threads is retried until it succeeds', async () => {
    vi.useFakeTimers();
    try {
      const log = new ModelLog();
      log.add(OTHER, 'message.posted', { body: 'x', thread: 1 });
      const client = await failedFirst(log);
      expect(await asked(client)).toBe(false);
      client.threads.retry();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await client.failOne()).toBe(true);
      client.threads.retry();
      expect(await asked(client)).toBe(true);
      expect(client.snapshot).toMatchObject({ isLoaded: true, unread: 1 });
      client.threads.retry();
      expect(await asked(client)).toBe(false);
      client.threads.clear();
    } finally {
      vi.useRealTimers();
    }
  });

  test('a failed first load of the threads is not retried for another account', async () => {
    vi.useFakeTimers();
    try {
      const client = await failedFirst(new ModelLog());
      client.threads.clear();
      client.threads.retry();
      expect(await asked(client)).toBe(false);
      const late = expect(client.threads.load()).rejects.toMatchObject({ code: 'network' });
      client.threads.clear();
      await client.failOne();
      await late;
      client.threads.retry();
      expect(await asked(client)).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the messages of a conversation', () => {
  const rootOf = (log: ModelLog, root: Seq): Message => {
    const changes = log.events.filter(({ data }) => 'thread' in data && data.thread === root);
    const { actor: author, at: postedAt } = log.events[root - 1] as Event;
    return {
      ...newMessage({ conversation: ID, seq: root, author, body: 'root', postedAt }),
      changedSeq: Math.max(
        root,
        ...changes.flatMap(({ type, seq }) => (type === 'message.edited' ? [] : [seq])),
      ) as Seq,
      threadSummary: log.summary(root),
    };
  };

  test('messages show the thread summaries of roots, from any page and later events', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, pageAt) => {
        const log = new ModelLog();
        const window = new MessageWindow(ID, 1 as Seq);
        let page: Message | null = null;
        for (const [n, one] of steps.entries()) {
          act(log, one);
          // A page that was read now, and arrives last.
          if (n === pageAt) page = rootOf(log, 1 as Seq);
        }
        for (const event of log.events.slice(1)) window.apply(event);
        window.addPage([page ?? rootOf(log, 1 as Seq)]);
        expect(window.get(1 as Seq)?.threadSummary).toEqual(log.summary(1 as Seq));
        expect(window.messages.map((m) => m.seq)).toEqual([1, 2]);
      }),
    );
  });
});

describe('what an event says of the followed threads', () => {
  const root = 1 as Seq;
  const mention = [{ kind: 'user', name: 'me', id: ME }];

  /** Returns how often the threads are loaded again after each event. */
  async function loadsAfter(events: readonly [type: string, actor: AccountId, data: object][]) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      let loads = 0;
      const cursor = { conversation: ID, thread: root, isFollowing: true, readSeq: 1, asOf: 10 };
      const items = [{ ...cursor, unread: 2, unreadMentions: [9] } as unknown as ThreadCursor];
      const threads = new Threads({
        api: {
          threadCursors: async () => {
            loads++;
            return { readVersion: 1, items };
          },
          readThread: async () => items[0] as ThreadCursor,
        },
        me: () => ME,
        appliedUpTo: () => 10 as Seq,
        changed: () => undefined,
      });
      await threads.load();
      const after: number[] = [];
      for (const [n, [type, actor, data]] of events.entries()) {
        const event = { op: 'event', stream: ID, seq: 11 + n, type, at: '', actor, data };
        loads = 0;
        threads.applied(event as unknown as Event);
        await vi.advanceTimersByTimeAsync(300);
        after.push(loads);
      }
      threads.clear();
      return after;
    } finally {
      vi.useRealTimers();
    }
  }

  test('the end of a mention may end that the thread is followed', async () => {
    const edit = { message: 9, body: '', thread: root };
    expect(
      await loadsAfter([
        ['message.posted', OTHER, { body: '', thread: root }],
        ['message.edited', OTHER, { ...edit, mentions: mention }],
        ['message.edited', OTHER, edit],
      ]),
    ).toEqual([0, 0, 1]);
  });

  test('a reply in another thread is looked up once, and when it concerns the account', async () => {
    const reply = { body: '', thread: 5 };
    expect(
      await loadsAfter([
        ['message.posted', OTHER, reply],
        ['message.posted', THIRD, reply],
        ['message.posted', OTHER, { ...reply, mentions: mention }],
        ['message.edited', OTHER, { ...reply, message: 12 }],
        ['message.edited', OTHER, { ...reply, message: 12, mentions: mention }],
        ['message.posted', ME, reply],
        ['message.hidden', OTHER, { message: 12, author: ME, thread: 5 }],
        ['message.unhidden', OTHER, { message: 12, author: ME, body: '', thread: 5 }],
        ['message.deleted', OTHER, { message: 12, author: ME, thread: 5, threadSummary: {} }],
        // Nothing is left of the thread: the next reply may be followed.
        ['message.deleted', OTHER, { message: 12, author: OTHER, thread: 5 }],
        ['message.posted', OTHER, reply],
      ]),
    ).toEqual([1, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1]);
  });

  test('a changed root that mentions the account, or no longer does, is looked up', async () => {
    const edit = { message: root, body: '' };
    expect(
      await loadsAfter([
        ['message.edited', OTHER, { ...edit, mentions: mention }],
        ['message.edited', OTHER, edit],
        ['message.edited', ME, edit],
        ['message.edited', OTHER, { ...edit, message: 7 }],
        ['message.edited', OTHER, { ...edit, message: 7, mentions: mention }],
        ['message.pinned', OTHER, { message: root }],
        ['thread.followed', ME, { conversation: ID, message: 7 }],
        ['thread.unfollowed', ME, { conversation: ID, message: 7 }],
      ]),
    ).toEqual([0, 1, 0, 0, 1, 0, 1, 1]);
  });
});

describe('reading a thread', () => {
  const root = 1 as Seq;
  const replies = (count: number) => ({
    ...{ conversation: ID, thread: root, isFollowing: true, readSeq: 1, asOf: 10 },
    ...{ unread: count, unreadMentions: [] },
  });

  /** Threads with one unread thread, what they send, and the seq up to which events were applied. */
  async function reading(cursor: object = replies(2)) {
    const sent: number[] = [];
    const state = { applied: 10 as Seq | undefined, error: null as Error | null };
    const threads = new Threads({
      api: {
        threadCursors: async () => ({ readVersion: 1, items: [cursor as ThreadCursor] }),
        readThread: async (_id, _root, seq) => {
          sent.push(seq);
          if (state.error) throw state.error;
          return cursor as ThreadCursor;
        },
      },
      me: () => ME,
      appliedUpTo: () => state.applied,
      changed: () => undefined,
    });
    await threads.load();
    const read = (thread = root) => threads.read({ conversation: ID, thread });
    const reply = (seq: number) =>
      threads.applied({
        ...{ op: 'event', stream: ID, seq, type: 'message.posted', at: '', actor: OTHER },
        data: { body: 'x', thread: root },
      } as unknown as Event);
    return { threads, sent, state, read, reply };
  }

  test('is sent at once, and then at most once a second the latest', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { threads, sent, state, read, reply } = await reading();
      state.applied = undefined;
      read();
      state.applied = 10 as Seq;
      read(2 as Seq);
      expect(sent).toEqual([]);
      read();
      read();
      expect(sent).toEqual([10]);
      for (const seq of [11, 12]) {
        reply(seq);
        state.applied = seq as Seq;
        read();
      }
      await vi.advanceTimersByTimeAsync(999);
      expect(sent).toEqual([10]);
      await vi.advanceTimersByTimeAsync(1);
      expect(sent).toEqual([10, 12]);
      await vi.advanceTimersByTimeAsync(60_000);
      expect([sent, vi.getTimerCount()]).toEqual([[10, 12], 0]);
      reply(13);
      state.applied = 13 as Seq;
      // A failed one is sent again with the next load.
      state.error = new ApiError('network', '');
      read();
      await vi.advanceTimersByTimeAsync(5_000);
      expect(sent).toEqual([10, 12, 13]);
      state.error = null;
      await threads.reload();
      expect(sent).toEqual([10, 12, 13, 13]);
      reply(14);
      state.applied = 14 as Seq;
      read();
      threads.clear();
      await vi.advanceTimersByTimeAsync(5_000);
      expect([sent.length, vi.getTimerCount()]).toEqual([4, 0]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('of a thread in which nothing is unread sends nothing', async () => {
    const { sent, read } = await reading(replies(0));
    read();
    expect(sent).toEqual([]);
    const mentioned = await reading({ ...replies(0), unreadMentions: [9] });
    mentioned.read();
    expect(mentioned.sent).toEqual([10]);
    mentioned.threads.clear();
  });
});
