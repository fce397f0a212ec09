import type { AccountId, Person } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldName, namesakes } from './same-names.ts';

const person = (n: number, displayName: string, isActive = true): Person => ({
  id: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}` as AccountId,
  username: `user${n}`,
  displayName,
  isActive,
  createdAt: '2026-01-01T00:00:00.000Z',
});
const among = (...people: Person[]) => namesakes(new Map(people.map((p) => [p.id, p])));

describe('display names that look alike', () => {
  test.each([
    ['Ana Ferreira', 'ana  ferreira'],
    ['Ana Ferreira', 'Ana Ferreira\u200b'],
    ['Ana Ferreira', 'Аna Fеrrеirа'],
    ['Ana Ferreira', 'Ana Férreira'],
    ['Ana Ferreira', 'Ａｎａ Ferreira'],
    ['Bill 10', 'BiIl lO'],
    ['Tom Arnold', 'Tom Amold'],
    ['First', 'Fi\u0307rst'],
  ])('%s and %s are told apart by usernames', (one, other) => {
    expect(foldName(other)).toBe(foldName(one));
    expect([...among(person(1, one), person(2, other))]).toEqual([
      person(1, one).id,
      person(2, other).id,
    ]);
  });

  test('names that differ, and names of deleted accounts, are left alone', () => {
    expect(among(person(1, 'Ana'), person(2, 'Anna'), person(3, '安娜')).size).toBe(0);
    expect(among(person(1, 'Deleted', false), person(2, 'Deleted', false)).size).toBe(0);
    expect(among(person(1, 'Ana'), person(2, 'Ana', false)).size).toBe(2);
  });

  test('folding is stable, and blind to case, marks and spaces', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const folded = foldName(name);
        expect(foldName(` ${name} `)).toBe(folded);
        expect(foldName(name.normalize('NFD'))).toBe(folded);
      }),
    );
  });
});
