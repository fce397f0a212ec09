import type { ConversationView } from '@parley/client';
import type { AccountId, ConversationId, FoundName, User } from '@parley/protocol';
import { expect, test } from 'vitest';
import { matchingPlaces, type Place, recentPlaces } from './places.ts';

const user = (name: string, isActive = true) =>
  ({ id: name, displayName: name, username: name.toLowerCase(), isActive }) as unknown as User;
const group = (name: string, postedAt: string, archivedAt: string | null = null) =>
  ({
    id: name,
    kind: 'group',
    name,
    archivedAt,
    lastMessage: { postedAt },
  }) as unknown as ConversationView;
const direct = (name: string) =>
  ({
    id: `with ${name}`,
    kind: 'direct',
    peer: name,
    peers: [name],
    archivedAt: null,
    createdAt: '2025',
  }) as unknown as ConversationView;

const input = (
  views: readonly ConversationView[],
  users: readonly User[] = [],
  visited: readonly string[] = [],
) => ({
  conversations: new Map(views.map((view) => [view.id, view])),
  users: new Map(users.map((one) => [one.id, one])),
  me: 'Me' as AccountId,
  visited: visited as readonly ConversationId[],
});
const ids = (places: readonly Place[]) =>
  places.map((place) => (place.kind === 'user' ? place.user.id : place.view.id));

test('without a text, recently opened places come first, then those with the latest messages', () => {
  const views = [
    group('open', '4'),
    group('before', '1'),
    group('older', '2'),
    group('newer', '3'),
    group('archived', '5', '2026'),
  ];
  expect(ids(recentPlaces(input(views, [], ['open', 'before'])))).toEqual([
    'before',
    'newer',
    'older',
  ]);
});

test('a direct conversation represents its user, and deactivated and own accounts are left out', () => {
  const users = [user('Ann'), user('Anton'), user('Anja', false), user('Me')];
  expect(ids(matchingPlaces('an', input([direct('Ann')], users), []))).toEqual([
    'with Ann',
    'Anton',
  ]);
  expect(ids(matchingPlaces('me', input([], users), []))).toEqual([]);
});

test('among equal matches, recently opened ones come first', () => {
  const views = [group('team one', '1'), group('team two', '1')];
  expect(ids(matchingPlaces('team', input(views, [], ['team two']), []))).toEqual([
    'team two',
    'team one',
  ]);
});

test('usernames match with and without their sign', () => {
  const users = [{ ...user('Ann'), username: 'lovelace' } as User];
  for (const text of ['@love', 'love']) {
    expect(ids(matchingPlaces(text, input([], users), []))).toEqual(['Ann']);
  }
});

test('results found only by the server are added if there are few matches', () => {
  const found: FoundName[] = [{ kind: 'user', user: user('Ghost'), conversation: null }];
  expect(ids(matchingPlaces('x', input([]), found))).toEqual(['Ghost']);
  const views = ['xa', 'xb', 'xc'].map((name) => group(name, '1'));
  expect(ids(matchingPlaces('x', input(views), found))).toEqual(['xa', 'xb', 'xc']);
});
