import type { AccountId, User } from '@parley/protocol';
import { expect, test } from 'vitest';
import { shownUsers } from './shown-users.ts';

const user = (name: string, isActive = true): User => ({
  id: `id of ${name}` as AccountId,
  username: name.toLowerCase(),
  displayName: name,
  isActive,
  createdAt: '2026-01-01T00:00:00.000Z',
  nameIsShared: false,
  avatar: null,
});
const mapOf = (users: readonly User[]) => new Map(users.map((one) => [one.id, one]));
const [ann, bob, cyd, old] = [user('Ann'), user('Bob'), user('Cyd'), user('Old', false)];

/** Returns the names that a picker shows; the client knows all of them but Cyd. */
const shown = (what: Partial<Parameters<typeof shownUsers>[0]> = {}) =>
  shownUsers({
    known: mapOf([ann, bob, old]),
    found: { users: new Map(), matches: [] },
    text: '',
    first: [],
    chosen: [],
    excluded: new Set(),
    ...what,
  }).map(({ displayName }) => displayName);

test('active users are shown by name, after those that were chosen before, which may be deactivated', () => {
  expect(shown()).toEqual(['Ann', 'Bob']);
  const both = { first: [old.id, bob.id], chosen: [bob.id] };
  expect(shown(both)).toEqual(['Bob', 'Old', 'Ann']);
  expect(shown({ ...both, text: ' OL ' })).toEqual(['Old']);
  expect(shown({ excluded: new Set([ann.id]) })).toEqual(['Bob']);
});

test('users that only the server knows are shown, and stay when they are chosen', () => {
  const found = { users: mapOf([cyd]), matches: [cyd.id] };
  // The server also ignores accents.
  expect(shown({ text: 'çyd', found })).toEqual(['Cyd']);
  expect(shown({ text: 'ann', found: { ...found, matches: [] } })).toEqual(['Ann']);
  expect(shown({ found: { ...found, matches: [] }, chosen: [cyd.id] })).toContain('Cyd');
});

test('at most 50 users who are not chosen are shown', () => {
  const many = Array.from({ length: 80 }, (_, n) => user(`User ${String(n).padStart(2, '0')}`));
  const last = many[79] as User;
  const names = shown({ known: mapOf(many), chosen: [last.id] });
  expect(names).toHaveLength(51);
  expect(names).toContain('User 79');
});
