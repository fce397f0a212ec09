import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type Event,
  type EventOf,
  type Message,
  type Poll,
  type Seq,
  SYSTEM,
} from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { change, expiredUpTo, isChange, messageOfPost } from './message-changes.ts';
import { MessageWindow } from './message-window.ts';
import { withCounts, withVote } from './polls.ts';

const CONVERSATION = 'c' as ConversationId;
const ME = 'me' as AccountId;
const seq = (n: number) => n as Seq;

/** A log of posts and of changes to earlier posts. */
const aLog = fc
  .array(
    fc.record({
      kind: fc.constantFrom(
        'post',
        'post',
        'edit',
        'delete',
        'react',
        'unreact',
        'pin',
        'unpin',
        'expire',
        'preview',
      ),
      target: fc.nat(),
      actor: fc.constantFrom('me', 'you'),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((steps) => {
    const posts: number[] = [];
    let expired = 0;
    return steps.map((step, i) => {
      const base = {
        op: 'event' as const,
        stream: CONVERSATION,
        seq: seq(i + 1),
        at: new Date(i * 1000).toISOString(),
        actor: step.actor as AccountId,
        client: `id-${i}` as ClientId,
      };
      const message = seq(posts[step.target % Math.max(1, posts.length)] ?? 0);
      const on = (type: string, data: object) =>
        ({ ...base, type, data: { message, ...data } }) as unknown as Event;
      if (step.kind !== 'post' && posts.length > 0) {
        const oldest = posts.find((post) => post > expired);
        if (step.kind === 'expire' && oldest) {
          expired = oldest;
          const data = { message: seq(oldest), author: step.actor };
          return { ...base, actor: SYSTEM, type: 'message.deleted', data } as unknown as Event;
        }
        if (step.kind === 'edit') return on('message.edited', { body: `edit ${i}` });
        if (step.kind === 'delete') return on('message.deleted', { author: step.actor });
        if (step.kind === 'pin') return on('message.pinned', {});
        if (step.kind === 'unpin') return on('message.unpinned', {});
        if (step.kind === 'preview') {
          const previews = i % 3 === 0 ? [] : [{ url: 'https://example.org', title: `title ${i}` }];
          return on('message.previewed', { previews });
        }
        return on(step.kind === 'react' ? 'reaction.added' : 'reaction.removed', { emoji: '👍' });
      }
      posts.push(i + 1);
      return { ...base, type: 'message.posted', data: { body: `post ${i}` } } as unknown as Event;
    });
  });

/** What the server would show after the first `upTo` events. */
function truth(log: readonly Event[], upTo: number): Message[] {
  const messages = new Map<number, Message>();
  for (const event of log.slice(0, upTo)) {
    if (event.type === 'message.posted')
      messages.set(event.seq, messageOfPost(CONVERSATION, event));
    else if (isChange(event)) {
      const message = messages.get(event.data.message);
      if (message) messages.set(message.seq, change(message, event));
    }
    const expired = expiredUpTo(event) ?? 0;
    for (const post of messages.keys()) if (post <= expired) messages.delete(post);
  }
  return [...messages.values()];
}

describe('a window of messages', () => {
  test('pages and events give the same result in any interleaving (B9, B10)', () => {
    fc.assert(
      fc.property(
        aLog,
        fc.nat(),
        fc.array(fc.record({ asOf: fc.nat(), from: fc.nat() })),
        (log, at, pages) => {
          const start = at % (log.length + 1);
          const window = new MessageWindow(CONVERSATION, seq(start + 1));
          const taken = [...pages];
          for (const event of log.slice(start)) {
            window.apply(event);
            const page = taken.pop();
            if (!page) continue;
            // A page that was read at another time: earlier or later than the events so far.
            const asOf = start + (page.asOf % (log.length - start + 1));
            const from = 1 + (page.from % log.length);
            window.addPage(
              truth(log, asOf).filter((m) => m.seq >= from),
              seq(from),
            );
          }
          // At the end the whole history is loaded, as it was when the window was created.
          window.addPage(truth(log, start), seq(1));
          expect(window.messages).toEqual(truth(log, log.length));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('counts like the server what is unread after a cursor, whatever was loaded', () => {
    const mention = [{ kind: 'user', name: 'me', id: ME }];
    const isUnread = (m: Message, after: number) => m.seq > after && m.author !== ME;
    const isMentioned = (m: Message) => m.mentions.length > 0 && m.author !== ME;
    fc.assert(
      fc.property(
        aLog,
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        fc.nat(),
        fc.nat(),
        fc.nat(),
        (plain, mentioned, start, read, counted) => {
          const log: Event[] = [];
          for (const [n, event] of plain.entries()) {
            const mentions = mentioned[n] ? mention : [];
            if (event.type === 'message.posted') {
              log.push({ ...event, data: { ...event.data, mentions } } as Event);
              continue;
            }
            const { message } = event.data as { message: Seq };
            const target = truth(log, n).find((m) => m.seq === message);
            // A deleted message no longer changes.
            const type = target?.deletedAt === null ? event.type : 'link.created';
            const actor = event.actor === SYSTEM ? SYSTEM : (target?.author ?? event.actor);
            const data = { ...event.data, author: target?.author, mentions };
            log.push({ ...event, type, actor, data } as unknown as Event);
          }
          const isExpiring = log.some((event) => expiredUpTo(event) !== null);
          fc.pre(!isExpiring);
          const from = 1 + (start % log.length);
          const window = new MessageWindow(CONVERSATION, seq(from));
          // The window has a page of what was there before, and all events since.
          window.addPage(truth(log, from - 1).slice(-3));
          for (const event of log.slice(from - 1)) window.apply(event);
          // A page that is loaded after changes of its messages.
          if (start % 2) window.addPage(truth(log, from - 1).slice(-6));
          const asOf = from - 1 + (counted % (log.length - from + 2));
          const readSeq = read % (asOf + 1);
          const [then, now] = [truth(log, asOf), truth(log, log.length)];
          const unreadMentions = then
            .filter((m) => isUnread(m, readSeq) && isMentioned(m))
            .map((m) => m.seq);
          const cursor = { readSeq: seq(readSeq), asOf: seq(asOf), unreadMentions };
          expect(window.mentionsSince(cursor, ME)).toEqual(
            now.filter((m) => isUnread(m, readSeq) && isMentioned(m)).map((m) => m.seq),
          );
          const unread = (messages: readonly Message[]) =>
            messages.filter((m) => isUnread(m, readSeq) && m.deletedAt === null).length;
          const later = window.countAfter(seq(Math.max(asOf, readSeq)), ME);
          expect(unread(then) - window.countDeleted(cursor, ME) + later).toBe(unread(now));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('keeps the newest 300 messages when it has more than 450, with their commands', () => {
    const window = new MessageWindow(CONVERSATION, seq(1));
    const post = (n: number) =>
      window.apply({
        ...{ op: 'event', stream: CONVERSATION, seq: seq(n), at: '', actor: ME },
        ...{ type: 'message.posted', client: `id-${n}`, data: { body: `${n}` } },
      } as unknown as Event);
    for (let n = 1; n <= 450; n++) post(n);
    expect([window.trim(), window.from, window.messages.length]).toEqual([null, 1, 450]);
    post(451);
    expect([window.trim(), window.from, window.messages.length]).toEqual([152, 152, 300]);
    expect(window.messages[0]?.seq).toBe(152);
    expect([window.get(seq(151)), window.get(seq(152))?.body]).toEqual([undefined, '152']);
    const known = [151, 152].map((n) => [
      window.hasClient(`id-${n}` as ClientId),
      window.clientOf(seq(n)),
    ]);
    expect(known).toEqual([
      [false, undefined],
      [true, 'id-152'],
    ]);
    expect(window.hasOlder).toBe(true);
  });

  test('a page replaces messages that it has in a newer state, and no others', () => {
    const posted = (n: number, body: string, changedSeq: number) => ({
      ...messageOfPost(CONVERSATION, {
        seq: seq(n),
        actor: ME,
        at: '2026-01-01T00:00:00.000Z',
        data: { body },
      } as EventOf<'message.posted'>),
      changedSeq: seq(changedSeq),
    });
    const window = new MessageWindow(CONVERSATION, seq(1), [
      posted(1, 'old', 1),
      posted(2, 'new', 9),
    ]);
    const stored = window.addPage([posted(1, 'newer', 4), posted(2, 'earlier', 2)]);
    expect(stored.map(({ body }) => body)).toEqual(['newer']);
    expect(window.messages.map(({ body }) => body)).toEqual(['newer', 'new']);
  });

  test('a thread keeps its root and drops expired replies', () => {
    const window = new MessageWindow(CONVERSATION, seq(1), [], seq(1));
    const on = (n: number, type: string, data: object, actor = ME) =>
      window.apply({ seq: n, at: '', actor, client: null, type, data } as unknown as Event);
    on(1, 'message.posted', { body: 'root' });
    on(2, 'message.posted', { body: 'old', thread: 1 });
    on(3, 'message.posted', { body: 'new', thread: 1 });
    on(4, 'message.deleted', { message: 1, author: ME }, SYSTEM);
    const threadSummary = { replies: 1, lastReplySeq: 3, lastReplyAt: '', authors: [ME] };
    on(5, 'message.deleted', { message: 2, author: ME, thread: 1, threadSummary }, SYSTEM);
    expect(window.messages).toMatchObject([
      { seq: 1, body: '', deletedAt: '', threadSummary },
      { seq: 3, body: 'new' },
    ]);
    expect(window.hasOlder).toBe(false);
  });

  test('a reaction without accounts is removed', () => {
    const window = new MessageWindow(CONVERSATION, seq(1));
    const on = (n: number, type: string, data: object, actor = ME) =>
      window.apply({ seq: n, at: '', actor, client: null, type, data } as unknown as Event);
    const reactions = () => window.messages[0]?.reactions;
    on(1, 'message.posted', { body: 'x' });
    on(2, 'reaction.added', { message: 1, emoji: '👍' });
    on(3, 'reaction.added', { message: 1, emoji: '👍' }, SYSTEM);
    on(4, 'reaction.removed', { message: 1, emoji: '👍' });
    expect(reactions()).toEqual([{ emoji: '👍', accounts: [SYSTEM] }]);
    on(5, 'reaction.removed', { message: 1, emoji: '👍' }, SYSTEM);
    expect(reactions()).toEqual([]);
  });

  test('an ack that arrives before its event makes one row, not two (B25)', () => {
    const event = {
      op: 'event',
      stream: CONVERSATION,
      seq: 1,
      type: 'message.posted',
      at: '2026-01-01T00:00:00.000Z',
      actor: ME,
      client: 'x',
      data: { body: 'hello' },
    } as unknown as Extract<Event, { type: 'message.posted' }>;
    const first = new MessageWindow(CONVERSATION, seq(1));
    first.acked(messageOfPost(CONVERSATION, event), 'x' as ClientId);
    expect(first.hasClient('x' as ClientId)).toBe(true);
    first.apply(event);
    const second = new MessageWindow(CONVERSATION, seq(1));
    expect(second.hasClient('x' as ClientId)).toBe(false);
    second.apply(event);
    // The row of the unsent message is gone before the ack arrives.
    expect(second.hasClient('x' as ClientId)).toBe(true);
    second.acked(messageOfPost(CONVERSATION, event), 'x' as ClientId);
    expect(first.messages).toEqual([messageOfPost(CONVERSATION, event)]);
    expect(second.messages).toEqual(first.messages);
  });
});

describe('the link previews of a message', () => {
  const event = (type: string, data: object, n: number) =>
    ({
      op: 'event',
      stream: CONVERSATION,
      seq: seq(n),
      at: new Date(n * 1000).toISOString(),
      actor: ME,
      client: `id-${n}`,
      type,
      data,
    }) as unknown as Event;
  const previewed = (n: number, ...titles: string[]) =>
    event(
      'message.previewed',
      { message: 1, previews: titles.map((title) => ({ url: 'https://example.org', title })) },
      n,
    );
  const after = (...events: Event[]) => {
    const first = event('message.posted', { body: 'https://example.org' }, 1);
    return truth([first, ...events], events.length + 1)[0]?.previews.map(({ title }) => title);
  };

  test('link previews are those of the last event, and are removed with the message', () => {
    expect(after()).toEqual([]);
    expect(after(previewed(2, 'One'))).toEqual(['One']);
    expect(after(previewed(2, 'One'), previewed(3, 'Two'))).toEqual(['Two']);
    expect(after(previewed(2, 'One'), previewed(3))).toEqual([]);
    const deleted = event('message.deleted', { message: 1, author: ME }, 3);
    expect(after(previewed(2, 'One'), deleted)).toEqual([]);
  });
});

describe('a poll that names a few of those who voted', () => {
  const A = ['a', 'b', 'c'] as AccountId[];
  const poll = {
    choices: [
      { text: 'Soup', votes: 30, accounts: A.slice(0, 2) },
      { text: 'Salad', votes: 12, accounts: [] },
    ],
    voters: 42,
    isMultiple: false,
    endsAt: null,
    closedAt: null,
  };
  const vote = (actor: string, choices: number[], before?: number[]) =>
    ({ actor, data: { message: 1, choices, ...(before && { before }) } }) as EventOf<'poll.voted'>;
  const counts = (of: Poll | null) => [...(of?.choices ?? []).map((c) => c.votes), of?.voters];

  test('a poll counts the votes of accounts that it does not name', () => {
    const changed = withVote(poll, vote('x', [1], [0]));
    expect(counts(changed)).toEqual([29, 13, 42]);
    expect(changed?.choices[1]?.accounts).toEqual(['x']);
    expect(counts(withVote(poll, vote('y', [0], [])))).toEqual([31, 12, 43]);
    expect(counts(withVote(poll, vote('z', [], [1])))).toEqual([30, 11, 41]);
  });

  test('a poll takes earlier votes from its list of voters if the event lacks them', () => {
    const changed = withVote(poll, vote('a', [1]));
    expect(counts(changed)).toEqual([29, 13, 42]);
    expect(changed?.choices.map((c) => c.accounts)).toEqual([['b'], ['a']]);
  });

  test('a poll that an earlier version stored gets its counts', () => {
    const { voters: _, ...rest } = poll;
    const old = {
      ...rest,
      choices: [
        { text: 'Soup', accounts: A },
        { text: 'Salad', accounts: ['c'] },
      ],
    };
    expect(counts(withCounts(old as unknown as Poll))).toEqual([3, 1, 3]);
    expect(withCounts(poll)).toBe(poll);
  });
});
