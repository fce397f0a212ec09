import type { ConversationView } from '@parley/client';
import {
  type AccountId,
  byRank,
  type ConversationId,
  DEFAULT_LAYOUT,
  placementsOf,
  type Seq,
  type SidebarLayout,
  type SidebarPlacement,
  type User,
} from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type arrange, belowLastRow, dropOf, neighborOf, stepOf } from './arrangement.ts';
import { Arranger, isUnread } from './arranger.ts';

type Placements = ReadonlyMap<ConversationId, SidebarPlacement>;
type Closed = ReadonlyMap<ConversationId, Seq>;
const id = (name: string) => name as ConversationId;
const view = (name: string, kind: 'group' | 'direct' = 'group', postedAt = '2026') =>
  ({
    id: name,
    kind,
    name,
    archivedAt: null,
    createdAt: '2025',
    lastMessage: { seq: 5, postedAt },
    unread: 0,
    unreadMentions: [],
    peers: [],
  }) as unknown as ConversationView;
const placed = (...all: [name: string, section: string, rank: number][]): Placements =>
  new Map(
    all.map(([name, section, rank]) => [id(name), { conversation: id(name), section, rank }]),
  );

function arranged(
  views: readonly ConversationView[],
  {
    layout = DEFAULT_LAYOUT,
    placements = new Map() as Placements,
    unread = [] as string[],
    open = undefined as string | undefined,
  } = {},
) {
  return new Arranger().arrange({
    snapshot: snapshotOf(views, { layout, placements }, unread),
    isMuted: () => false,
    isHeld: false,
    open: open === undefined ? undefined : id(open),
  });
}
const snapshotOf = (
  views: readonly ConversationView[],
  sidebar: { layout: SidebarLayout; placements: Placements; closed?: Closed } = {
    layout: DEFAULT_LAYOUT,
    placements: new Map(),
  },
  unread: readonly string[] = [],
) => ({
  conversations: new Map(
    views.map((one) => [one.id, unread.includes(one.id) ? { ...one, unread: 1 } : one]),
  ),
  users: new Map(),
  sidebar: { isLoaded: true, closed: new Map() as Closed, ...sidebar },
});
const shown = (arrangement: ReturnType<typeof arrange>) =>
  Object.fromEntries(
    arrangement.sections.map(({ section, shown: ids }) => [section.id, ids.join('')]),
  );
const withSections = (change: Partial<SidebarLayout['sections'][number]>): SidebarLayout => ({
  ...DEFAULT_LAYOUT,
  sections: DEFAULT_LAYOUT.sections.map((one) => ({ ...one, ...change })),
});

test('groups are ordered by name, direct conversations by their last message', () => {
  const views = [
    view('c'),
    view('a'),
    view('B'),
    view('x', 'direct', '2026-01'),
    view('y', 'direct', '2026-02'),
  ];
  expect(shown(arranged(views))).toEqual({ favorites: '', groups: 'aBc', direct: 'yx' });
});

test('a placed conversation is in its section, or in that of its kind if its section was removed', () => {
  const placements = placed(['a', 'favorites', 2], ['b', 'favorites', 1], ['c', 'gone', 1]);
  expect(shown(arranged([view('a'), view('b'), view('c')], { placements }))).toEqual({
    favorites: 'ba',
    groups: 'c',
    direct: '',
  });
});

test('a collapsed section shows unread and open conversations', () => {
  const views = [view('a'), view('b'), view('c')];
  const collapsed = { unread: ['a'], open: 'c' };
  expect(
    shown(arranged(views, { layout: withSections({ isCollapsed: true }), ...collapsed })).groups,
  ).toBe('ac');
  expect(
    shown(arranged(views, { layout: { ...DEFAULT_LAYOUT, unreadOnly: true }, ...collapsed }))
      .groups,
  ).toBe('ac');
});

test('the next conversation is the one below, across sections; the next unread one may be above', () => {
  const all = arranged([view('a'), view('b'), view('c'), view('x', 'direct')]);
  expect(neighborOf(all, id('c'), 1)).toBe('x');
  expect(neighborOf(all, id('x'), -1)).toBe('c');
  expect(neighborOf(all, id('x'), 1)).toBeNull();
  expect(neighborOf(all, undefined, 1)).toBe('a');
  expect(neighborOf(all, undefined, -1)).toBe('x');
  const isUnread = (one: ConversationId) => one === 'a' || one === 'c';
  expect(neighborOf(all, id('a'), 1, isUnread)).toBe('c');
  expect(neighborOf(all, id('c'), 1, isUnread)).toBe('a');
  expect(neighborOf(all, id('b'), -1, isUnread)).toBe('a');
  expect(neighborOf(all, id('a'), 1, (one) => one === 'a')).toBeNull();
});

test('a muted conversation counts as unread only for mentions', () => {
  const [unread, unreadMentions] = [2, [7]] as never as [
    number,
    ConversationView['unreadMentions'],
  ];
  expect(isUnread({ ...view('a'), unread }, false)).toBe(true);
  expect(isUnread({ ...view('a'), unread }, true)).toBe(false);
  expect(isUnread({ ...view('a'), unread, unreadMentions }, true)).toBe(true);
  // A mention that was read as part of the conversation, and added by an edit.
  expect(isUnread({ ...view('a'), unreadMentions }, false)).toBe(true);
  expect(isUnread(view('a'), false)).toBe(false);
});

test('a direct conversation is renamed with its user', () => {
  const direct = { ...view('a', 'direct'), peers: ['ann'] } as unknown as ConversationView;
  const snapshot = snapshotOf([direct]);
  const arranger = new Arranger();
  const titleWith = (displayName: string) =>
    arranger
      .arrange({
        snapshot: { ...snapshot, users: new Map([['ann', { displayName } as User]]) as never },
        isMuted: () => false,
        isHeld: false,
        open: undefined,
      })
      .titles.get(id('a'));
  expect([titleWith('Ann'), titleWith('Anna')]).toEqual(['Ann', 'Anna']);
});

test('archived groups are separate', () => {
  const archived = { ...view('b'), archivedAt: '2026' };
  expect(arranged([view('a'), archived])).toMatchObject({ archived: ['b'] });
});

test('a drop in a section ordered by name makes its order manual', () => {
  const all = arranged([view('a'), view('b'), view('c')]);
  expect(
    dropOf(all, { placements: new Map() }, view('c'), { section: 'groups', before: id('b') }),
  ).toEqual({
    move: { conversations: ['a', 'c', 'b'], section: 'groups', after: null },
    toManual: true,
  });
});

test('a drop below the last unread row goes before hidden ones', () => {
  const views = ['a', 'b', 'c', 'd'].map((name) => view(name));
  const layout = { ...withSections({ order: 'manual' }), unreadOnly: true };
  const groups = (unread: string[]) => arranged(views, { layout, unread }).sections[1];
  const below = (unread: string[], dropped: string) => {
    const section = groups(unread);
    return section && belowLastRow(section, id(dropped));
  };
  expect(below(['a', 'b'], 'a')).toBe('c');
  expect(below(['a', 'd'], 'a')).toBeNull();
  expect(below(['a'], 'a')).toBeNull();
});

test('a drop into another section uses its order', () => {
  const placements = placed(['a', 'favorites', 1]);
  const all = arranged([view('a'), view('b')], { placements });
  expect(dropOf(all, { placements }, view('a'), { section: 'groups' })?.move).toEqual({
    conversations: ['a'],
    section: null,
  });
  expect(dropOf(all, { placements }, view('b'), { section: 'direct' })?.move.section).toBe(
    'direct',
  );
  expect(dropOf(all, { placements }, view('b'), { section: 'groups' })).toBeNull();
});

test('drops and steps give the intended order, whatever ranks exist', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const views = names.map((name) => view(name));
  const layout = withSections({ order: 'manual' });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...names)),
      fc.array(
        fc.record({
          moved: fc.constantFrom(...names),
          before: fc.option(fc.constantFrom(...names)),
          step: fc.option(fc.constantFrom(-1 as const, 1 as const)),
        }),
        { maxLength: 12 },
      ),
      (ranked, drops) => {
        const placements = new Map(
          placed(...ranked.map((name, n): [string, string, number] => [name, 'groups', n])),
        );
        for (const { moved, before, step } of drops) {
          const all = arranged(views, { layout, placements });
          const order = [...(all.sections[1]?.all ?? [])];
          const others = order.filter((one) => one !== moved);
          const target = before !== null && before !== moved ? others.indexOf(id(before)) : -1;
          const at = step
            ? Math.min(Math.max(order.indexOf(id(moved)) + step, 0), others.length)
            : target === -1
              ? others.length
              : target;
          const drop = step
            ? stepOf(all, { placements }, view(moved), step)
            : dropOf(all, { placements }, view(moved), {
                section: 'groups',
                before: target === -1 ? null : id(before ?? ''),
              });
          if (drop) {
            const move = { ...drop.move, section: 'groups' };
            for (const one of placementsOf(placements.values(), move)) {
              placements.set(one.conversation, one);
            }
          }
          const after = arranged(views, { layout, placements });
          expect(after.sections[1]?.all).toEqual(others.toSpliced(at, 0, id(moved)));
        }
        expect([...placements.values()].sort(byRank).length).toBe(placements.size);
      },
    ),
  );
});

test('a message in a conversation does not change the arrangement, unless it moves or shows something', () => {
  const arranger = new Arranger();
  const views = [
    view('a'),
    view('b'),
    view('x', 'direct', '2026-01'),
    view('y', 'direct', '2026-02'),
  ];
  const layout = withSections({});
  const placements = placed();
  const now = (next: readonly ConversationView[], isHeld = false, unread: string[] = []) =>
    arranger.arrange({
      snapshot: snapshotOf(next, { layout, placements }, unread),
      isMuted: () => false,
      isHeld,
      open: undefined,
    });
  const before = now(views);
  const inGroup = views.map((one) => (one.id === 'a' ? view('a', 'group', '2027') : one));
  expect(now(inGroup, false, ['a'])).toBe(before);
  const inDirect = inGroup.map((one) => (one.id === 'x' ? view('x', 'direct', '2027') : one));
  expect(now(inDirect, true)).toBe(before);
  const after = now(inDirect);
  expect(shown(after).direct).toBe('xy');
  expect(after.sections[1]).toBe(before.sections[1]);
});

test('opening a visible conversation rearranges nothing', () => {
  const arranger = new Arranger();
  const layout: SidebarLayout = {
    ...DEFAULT_LAYOUT,
    sections: DEFAULT_LAYOUT.sections.map((one) => ({ ...one, isCollapsed: one.id === 'groups' })),
  };
  const views = [view('a'), view('b'), view('x', 'direct'), view('y', 'direct')];
  const snapshot = snapshotOf(views, { layout, placements: placed() }, ['b']);
  let asked = 0;
  const isMuted = () => {
    asked++;
    return false;
  };
  const opened = (name: string) =>
    arranger.arrange({ snapshot, isMuted, isHeld: false, open: id(name) });
  const before = opened('x');
  expect(asked).toBe(1);
  expect(opened('y')).toBe(before);
  expect(opened('b')).toBe(before);
  expect(asked).toBe(1);
  // Only the open conversation and unread ones of a collapsed section are shown.
  expect(shown(opened('a')).groups).toBe('ab');
  expect(shown(opened('x')).groups).toBe('b');
});

test('a closed conversation is left out until a later message, and while it is not open', () => {
  const arranger = new Arranger();
  const views = [view('a'), view('x', 'direct'), view('y', 'direct')];
  const sidebar = {
    layout: DEFAULT_LAYOUT,
    placements: placed(['x', 'favorites', 1]),
    closed: new Map([[id('x'), 5 as Seq]]),
  };
  const now = (open?: string, next: readonly ConversationView[] = views, unread: string[] = []) =>
    shown(
      arranger.arrange({
        snapshot: snapshotOf(next, sidebar, unread),
        isMuted: () => true,
        isHeld: true,
        open: open as ConversationId | undefined,
      }),
    ).favorites;
  expect(now()).toBe('');
  expect(now('x')).toBe('x');
  expect(now('y')).toBe('');
  expect(now('y', views, ['x'])).toBe('x');
  const later = { ...view('x', 'direct'), lastMessage: { seq: 6, postedAt: '2026' } } as never;
  expect(now('y', [view('a'), later])).toBe('x');
});

test('incremental arranging gives the same result as arranging from scratch', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const views = fc
    .array(
      fc.record({
        name: fc.constantFrom(...names),
        title: fc.constantFrom('1', '2', '10', 'x', 'X'),
        kind: fc.constantFrom('group' as const, 'direct' as const),
        postedAt: fc.constantFrom('2026-01', '2026-02', '2026-03'),
        isArchived: fc.boolean(),
      }),
    )
    .map((all) =>
      all.map(({ name, title, kind, postedAt, isArchived }) => ({
        ...view(name, kind, postedAt),
        ...(kind === 'group' ? { name: title } : { peers: [title] as never }),
        archivedAt: isArchived ? '2026' : null,
      })),
    );
  const step = fc.record({
    views,
    unread: fc.subarray(names),
    open: fc.option(fc.constantFrom(...names), { nil: undefined }),
    next: fc.option(fc.constantFrom(...names), { nil: undefined }),
    layout: fc.record({
      isCollapsed: fc.boolean(),
      order: fc.constantFrom('name' as const, 'recent' as const, 'manual' as const),
    }),
    ranks: fc.uniqueArray(fc.constantFrom(...names)),
    closed: fc.subarray(names),
    userNames: fc.constantFrom('', '!'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const arranger = new Arranger();
      for (const { views, unread, open, next, layout, ranks, closed, userNames } of steps) {
        const input = {
          snapshot: {
            ...snapshotOf(
              views,
              {
                layout: withSections(layout),
                placements: placed(
                  ...ranks.map((name, n): [string, string, number] => [name, 'groups', n]),
                ),
                closed: new Map(closed.map((name) => [id(name), 5 as Seq])),
              },
              unread,
            ),
            users: new Map(
              ['1', '2', '10', 'x', 'X'].map((one) => [
                one as AccountId,
                { displayName: `${one}${userNames}` } as User,
              ]),
            ),
          },
          isMuted: (one: ConversationId) => one === 'b',
          isHeld: false,
          open: open as ConversationId | undefined,
        };
        expect(arranger.arrange(input)).toEqual(new Arranger().arrange(input));
        const other = { ...input, open: next as ConversationId | undefined };
        expect(arranger.arrange(other)).toEqual(new Arranger().arrange(other));
      }
    }),
  );
});
