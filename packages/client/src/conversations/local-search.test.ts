import type { AccountId, ConversationId, Message, Seq, User } from '@parley/protocol';
import { expect, test } from 'vitest';
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
