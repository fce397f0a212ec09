import type { AccountId, ConversationId, Message, Seq, User } from '@parley/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import type { ConversationView } from './conversations.ts';
import { type LocalSearchResults, searchLocally } from './local-search.ts';

const ANN = 'ann' as AccountId;
const BEN = 'ben' as AccountId;
const PLANS = 'plans' as ConversationId;
const OTHER = 'other' as ConversationId;
const users = new Map(
  [
    { id: ANN, username: 'ann', displayName: 'Ann Lee' },
    { id: BEN, username: 'ben', displayName: 'Ben' },
  ].map((user) => [user.id, user as User]),
);
const conversations = new Map(
  [
    { id: PLANS, name: 'Big plans' },
    { id: OTHER, name: 'other' },
  ].map((view) => [view.id, view as ConversationView]),
);

afterEach(() => void vi.useRealTimers());

let seq = 0;
const message = (body: string, part: Partial<Message> = {}): Message => {
  seq++;
  return {
    conversation: PLANS,
    seq: seq as Seq,
    author: ANN,
    body,
    postedAt: new Date(2026, 2, seq, 12).toISOString(),
    deletedAt: null,
    reactions: [],
    attachments: [],
    pinned: null,
    poll: null,
    ...part,
  } as unknown as Message;
};

const messages = [
  message('Café plans for Monday'),
  message('The replan is late', { author: BEN }),
  message('see https://example.org', { conversation: OTHER, author: BEN }),
  message('plans that were deleted', { deletedAt: '2026-03-05T00:00:00Z' }),
];
const find = (query: string): LocalSearchResults =>
  searchLocally(query, { me: ANN, messages, users, conversations });
const bodies = (query: string) => find(query).items.map((found) => found.message.body);

test.each([
  ['cafe', ['Café plans for Monday']],
  ['PLAN', ['Café plans for Monday']],
  ['"plan"', ['The replan is late', 'Café plans for Monday']],
  ['plan monday', ['Café plans for Monday']],
  ['the -late', []],
  ['-plans', ['see https://example.org', 'The replan is late']],
  ['from:ben', ['see https://example.org', 'The replan is late']],
  ['from:me', ['Café plans for Monday']],
  ['from:@ben -in:other', ['The replan is late']],
  ['in:"big plans" from:"Ann Lee"', ['Café plans for Monday']],
  ['has:link', ['see https://example.org']],
  ['on:2026-03-02', ['The replan is late']],
  ['after:2026-03-01 before:2026-03-03', ['The replan is late']],
  ['before:2026', []],
  ['on:2026 plans', ['Café plans for Monday']],
  ['after:2025 plans', ['Café plans for Monday']],
  ['on:2026-03', ['see https://example.org', 'The replan is late', 'Café plans for Monday']],
  ['', []],
])('%j finds %j', (query, expected) => {
  expect(bodies(query)).toEqual(expected);
});

test('the filters that need the server are named', () => {
  expect(find('is:saved plans has:lnik')).toEqual({ items: [], unsupported: ['is', 'has'] });
});

test('matches are marked in an excerpt of a long text', () => {
  const long = `${'word '.repeat(100)}Größe ${'word '.repeat(100)}`;
  const { items } = searchLocally('grosse', {
    me: ANN,
    messages: [message(long)],
    users,
    conversations,
  });
  const snippet = items[0]?.snippet;
  expect(snippet?.ranges.map(({ start, end }) => snippet.text.slice(start, end))).toEqual([
    'Größe',
  ]);
  expect(snippet).toMatchObject({ isCutBefore: true, isCutAfter: true });
});

const among = (query: string, ...all: Message[]) =>
  searchLocally(query, { me: ANN, messages: all, users, conversations }).items;
const bodiesAmong = (query: string, ...all: Message[]) =>
  among(query, ...all).map((found) => found.message.body);

test('messages are found by what they have', () => {
  const all = [
    message('plain'),
    message('HTTP://EXAMPLE.ORG', { attachments: [{}] as never }),
    message('https:// is not a link', { reactions: [{}] as never }),
    message('pinned', { pinned: {} as never }),
    message('poll', { poll: {} as never }),
  ];
  const found = ['link', 'file', 'reaction', 'pin', 'poll', 'LINK'].map((what) =>
    bodiesAmong(`has:${what}`, ...all),
  );
  expect(found).toEqual([
    ...[['HTTP://EXAMPLE.ORG'], ['HTTP://EXAMPLE.ORG'], ['https:// is not a link']],
    ...[['pinned'], ['poll'], ['HTTP://EXAMPLE.ORG']],
  ]);
  expect(bodiesAmong('-has:link -has:file', ...all)).toHaveLength(4);
});

test('names are compared as a whole, with or without their sign', () => {
  const all = [message('by ann'), message('by ben', { author: BEN, conversation: OTHER })];
  const unknown = message('by no one', { author: 'x' as AccountId, conversation: 'y' as never });
  for (const query of ['from:ANN', 'from:@ann', 'in:"#Big plans"', 'from:Me']) {
    expect(bodiesAmong(query, ...all, unknown)).toEqual(['by ann']);
  }
  for (const query of ['from:an', 'in:big', 'from:@', 'in:#', 'in:other from:ann']) {
    expect(bodiesAmong(query, ...all, unknown)).toEqual([]);
  }
});

test('dates are those of this device, and end with their last moment', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(2026, 0, 1, 15) });
  const at = (
    body: string,
    ...date: [number, number, number, number?, number?, number?, number?]
  ) => message(body, { postedAt: new Date(...date).toISOString() });
  const all = [
    at('last year', 2025, 11, 31, 0),
    at('last moment', 2025, 11, 31, 23, 59, 59, 999),
    at('today', 2026, 0, 1),
    at('end of the month', 2026, 0, 31, 23, 59, 59, 999),
    at('February', 2026, 1, 1),
  ];
  const on = (query: string) => bodiesAmong(query, ...all).reverse();
  expect(on('on:today')).toEqual(['today']);
  expect(on('on:yesterday')).toEqual(['last year', 'last moment']);
  expect(on('before:today')).toEqual(['last year', 'last moment']);
  expect(on('after:yesterday')).toEqual(['today', 'end of the month', 'February']);
  expect(on('on:2026-01')).toEqual(['today', 'end of the month']);
  expect(on('after:2026-01')).toEqual(['February']);
  expect(on('on:2025')).toEqual(['last year', 'last moment']);
  expect(on('after:2025')).toEqual(['today', 'end of the month', 'February']);
  expect(on('before:2025-12-31')).toEqual([]);
});

test('the latest fifty messages are found, the latest first', () => {
  const postedAt = new Date(2026, 5, 1).toISOString();
  const same = Array.from({ length: 51 }, (_, n) => message(`found ${n}`, { postedAt }));
  const later = message('found later', {
    postedAt: new Date(2026, 5, 2).toISOString(),
    seq: 0 as Seq,
  });
  const found = bodiesAmong('found', later, ...same);
  expect(found).toHaveLength(50);
  expect(found.slice(0, 3)).toEqual(['found later', 'found 50', 'found 49']);
});

test('words match at their start, phrases anywhere', () => {
  const body = (text: string) => message(text);
  const find = (query: string, text: string) => among(query, body(text)).length === 1;
  expect([find('lan', 'plan'), find('"lan"', 'plan'), find('lan', 'p-lan')]).toEqual([
    ...[false, true, true],
  ]);
  expect([find('2', 'v2'), find('2', '#2'), find('plan', 'replan a plan')]).toEqual([
    ...[false, true, true],
  ]);
  expect([find('-lan', 'plan'), find('-plan', 'a plan')]).toEqual([true, false]);
});

test('phrases are also found as they are displayed, without the markers of Markdown', () => {
  const shown = message('**Big** [news](https://example.org/a) today');
  expect(among('"big news"', shown)).toHaveLength(1);
  expect(among('-"big news"', shown)).toHaveLength(0);
  expect(among('"big, news"', shown)).toHaveLength(0);
  const [found] = among('"big news"', shown);
  const { text, ranges } = found?.snippet ?? { text: '', ranges: [] };
  expect(ranges.map(({ start, end }) => text.slice(start, end))).toEqual(['Big** [news']);
});

test('an excerpt begins before the first match, and marks each match once', () => {
  const snippet = (query: string, text: string) => {
    const found = among(query, message(text))[0]?.snippet;
    if (!found) throw new Error('The text was not found');
    const marked = found.ranges.map(({ start, end }) => found.text.slice(start, end));
    return { ...found, marked };
  };
  const short = snippet('aa -x', `aa aaa ${'-'.repeat(313)}`);
  expect(short).toMatchObject({ isCutBefore: false, isCutAfter: false, marked: ['aa', 'aa'] });
  expect(short.text).toHaveLength(320);
  const longer = snippet('aa', `aa ${'-'.repeat(318)}`);
  expect(longer).toMatchObject({ isCutBefore: false, isCutAfter: true });
  expect(longer.text).toHaveLength(320);
  // Of overlapping matches the first one is marked.
  expect(snippet('"abc" "bcd" "cd"', 'abcd').marked).toEqual(['abc']);
  expect(snippet('"ab" "cd"', 'abcd').marked).toEqual(['ab', 'cd']);
  const text = `${'-'.repeat(200)}match${'-'.repeat(200)}match`;
  const middle = snippet('"match"', text);
  expect(middle).toMatchObject({ isCutBefore: true, isCutAfter: true, marked: ['match'] });
  expect(middle.text).toBe(text.slice(120, 360));
  // The excerpt ends with a match, or in the middle of one, which is not marked.
  const atEnd = `${'-'.repeat(100)}match${'-'.repeat(150)}match${'-'.repeat(99)}`;
  expect(snippet('"match"', atEnd).marked).toEqual(['match', 'match']);
  expect(snippet('"match"', atEnd.replace('match-', 'match--')).marked).toEqual(['match']);
  // Emoji are not split.
  const emoji = snippet('"match"', `${'😀'.repeat(101)}match${'😀'.repeat(200)}`);
  expect(emoji.text.isWellFormed?.() ?? !/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(emoji.text)).toBe(
    true,
  );
  const odd = snippet('"match"', `-${'😀'.repeat(100)}match${'😀'.repeat(200)}`);
  expect([odd.text.startsWith('😀'), odd.text.endsWith('😀')]).toEqual([true, true]);
});
