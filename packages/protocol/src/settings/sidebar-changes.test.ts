import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConversationId } from '../base/ids.ts';
import type { SidebarPlacement } from './sidebar.ts';
import { byRank, DEFAULT_LAYOUT, movesOf, placementsOf, withSection } from './sidebar-changes.ts';

const ids = 'abcdefgh'.split('') as ConversationId[];
const orderOf = (placements: Iterable<SidebarPlacement>) =>
  [...placements].sort(byRank).map((one) => one.conversation);

/** Moves some conversations after one, to the beginning (null) or to the end (undefined). */
const aMove = fc.record({
  conversations: fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1 }),
  after: fc.oneof(fc.constantFrom(...ids), fc.constant(null), fc.constant(undefined)),
});

test('a section has the order in which its conversations were moved', () => {
  fc.assert(
    fc.property(fc.array(aMove, { maxLength: 40 }), (moves) => {
      const placements = new Map<ConversationId, SidebarPlacement>();
      let expected: ConversationId[] = [];
      for (const { conversations, after } of moves) {
        const others = expected.filter((id) => !conversations.includes(id));
        const found = after ? others.indexOf(after) : -1;
        const at = after === null ? 0 : found === -1 ? others.length : found + 1;
        expected = others.toSpliced(at, 0, ...conversations);
        const move = { conversations, section: 'favorites', ...(after !== undefined && { after }) };
        for (const one of placementsOf(placements.values(), move)) {
          placements.set(one.conversation, one);
        }
        expect(orderOf(placements.values())).toEqual(expected);
      }
    }),
  );
});

test('moves into a gap without a free rank renumber the section', () => {
  const section = 'favorites';
  const [a, b, c] = ids as [ConversationId, ConversationId, ConversationId];
  const before = [
    { conversation: a, section, rank: 7 },
    { conversation: b, section, rank: 8 },
  ];
  const after = placementsOf(before, { conversations: [c], section, after: a });
  expect(orderOf(after)).toEqual([a, c, b]);
  expect(placementsOf(after, { conversations: [c], section, after: a })).toEqual([]);
});

test('ranks stay exact', () => {
  const section = 'favorites';
  const [a, b] = ids as [ConversationId, ConversationId];
  const before = [{ conversation: a, section, rank: 2 ** 50 - 1 }];
  const after = placementsOf(before, { conversations: [b], section });
  expect(orderOf(after)).toEqual([a, b]);
  expect(after.every((one) => one.rank < 2 ** 40)).toBe(true);
});

test('events hold at most 100 placements', () => {
  const placed = Array.from({ length: 250 }, (_, rank) => ({
    conversation: `${rank}` as ConversationId,
    section: 'favorites',
    rank,
  }));
  const moves = movesOf(placed, ids);
  expect(moves.map((one) => [one.placed.length, one.removed.length])).toEqual([
    [100, 8],
    [100, 0],
    [50, 0],
  ]);
  expect(movesOf([], [])).toEqual([]);
});

test('a section moves before another and to the end', () => {
  const order = (before: string | null) =>
    withSection(DEFAULT_LAYOUT, 'groups', { before }).sections.map((one) => one.id);
  expect(order('favorites')).toEqual(['groups', 'favorites', 'direct']);
  expect(order(null)).toEqual(['favorites', 'direct', 'groups']);
  expect(order('groups')).toEqual(['favorites', 'groups', 'direct']);
});
