import type { ConversationId } from '../base/ids.ts';
import type {
  MoveConversationsBody,
  SectionId,
  SidebarLayout,
  SidebarMove,
  SidebarPlacement,
  SidebarSection,
  UpdateSectionBody,
} from './sidebar.ts';
import { BUILT_IN_SECTIONS, PLACEMENTS_PER_EVENT } from './sidebar-bounds.ts';

/**
 * The effects of changes on a sidebar. The same functions are used by the server, which decides,
 * and by clients, which show a change before the server answers.
 */

const builtIn = (
  id: (typeof BUILT_IN_SECTIONS)[number],
  order: SidebarSection['order'],
): SidebarSection => ({ id, name: null, isCollapsed: false, order });

/** The sidebar of an account that has changed nothing. */
export const DEFAULT_LAYOUT: SidebarLayout = {
  sections: [
    builtIn('favorites', 'manual'),
    builtIn('groups', 'name'),
    builtIn('direct', 'recent'),
  ],
  unreadOnly: false,
};

/** Returns whether every sidebar has this section. */
export const isBuiltIn = (id: SectionId): boolean =>
  (BUILT_IN_SECTIONS as readonly string[]).includes(id);

/** Returns the layout with a new section below the favorites. */
export function withNewSection(layout: SidebarLayout, id: SectionId, name: string): SidebarLayout {
  const section: SidebarSection = { id, name, isCollapsed: false, order: 'manual' };
  const at = layout.sections.findIndex((one) => one.id === 'favorites') + 1;
  return { ...layout, sections: layout.sections.toSpliced(at, 0, section) };
}

/** Returns the layout without a section. */
export const withoutSection = (layout: SidebarLayout, id: SectionId): SidebarLayout => ({
  ...layout,
  sections: layout.sections.filter((one) => one.id !== id),
});

/** Returns the layout with a changed section; the same layout if there is no such section. */
export function withSection(
  layout: SidebarLayout,
  id: SectionId,
  { before, name, isCollapsed, order }: UpdateSectionBody,
): SidebarLayout {
  const section = layout.sections.find((one) => one.id === id);
  if (!section) return layout;
  const changed: SidebarSection = {
    ...section,
    ...(name !== undefined && { name }),
    ...(isCollapsed !== undefined && { isCollapsed }),
    ...(order !== undefined && { order }),
  };
  if (before === undefined || before === id) {
    return { ...layout, sections: layout.sections.map((one) => (one.id === id ? changed : one)) };
  }
  const others = layout.sections.filter((one) => one.id !== id);
  const at = before === null ? -1 : others.findIndex((one) => one.id === before);
  return { ...layout, sections: others.toSpliced(at === -1 ? others.length : at, 0, changed) };
}

/** The distance between ranks assigned at an end of a section, or when a section is renumbered. */
const STEP = 2 ** 16;
/** Ranks stay far below the greatest exact integer. */
const RANK_MAX = 2 ** 50;

/** Orders placements by their rank; those of equal rank, of which there are none, by their conversation. */
export const byRank = (a: SidebarPlacement, b: SidebarPlacement): number =>
  a.rank - b.rank || (a.conversation < b.conversation ? -1 : 1);

/**
 * Returns the placements that change when conversations are moved into a section: usually only the
 * moved ones, but the whole section if no rank is free between their neighbors.
 */
export function placementsOf(
  placements: Iterable<SidebarPlacement>,
  { conversations, section, after }: MoveConversationsBody & { readonly section: SectionId },
): SidebarPlacement[] {
  const before = new Map<ConversationId, SidebarPlacement>();
  for (const placement of placements) before.set(placement.conversation, placement);
  const moved = new Set(conversations);
  const others = [...before.values()]
    .filter((one) => one.section === section && !moved.has(one.conversation))
    .sort(byRank);
  const found =
    after === undefined ? others.length - 1 : others.findIndex((one) => one.conversation === after);
  // After a conversation that is no longer here: last.
  const at = after === null ? 0 : found === -1 ? others.length : found + 1;
  const ranks = ranksBetween(others[at - 1]?.rank, others[at]?.rank, conversations.length);
  const next = ranks
    ? conversations.map((conversation, n) => ({ conversation, section, rank: ranks[n] as number }))
    : others
        .map((one) => one.conversation)
        .toSpliced(at, 0, ...conversations)
        .map((conversation, n) => ({ conversation, section, rank: (n + 1) * STEP }));
  return next.filter((one) => {
    const old = before.get(one.conversation);
    return old?.section !== section || old.rank !== one.rank;
  });
}

/** Returns `count` ascending ranks between two optional ones; null if not enough are free. */
function ranksBetween(
  low: number | undefined,
  high: number | undefined,
  howMany: number,
): number[] | null {
  const first = low ?? (high === undefined ? 0 : high - STEP * (howMany + 1));
  const step =
    high === undefined || low === undefined ? STEP : Math.floor((high - low) / (howMany + 1));
  if (step < 1) return null;
  const ranks = Array.from({ length: howMany }, (_, n) => first + step * (n + 1));
  return ranks.every((rank) => Math.abs(rank) < RANK_MAX) ? ranks : null;
}

/** Splits moves so that each fits into an event. */
export function movesOf(
  placed: readonly SidebarPlacement[],
  removed: readonly ConversationId[],
): SidebarMove[] {
  const moves: SidebarMove[] = [];
  for (let n = 0; n < Math.max(placed.length, removed.length); n += PLACEMENTS_PER_EVENT) {
    moves.push({
      placed: placed.slice(n, n + PLACEMENTS_PER_EVENT),
      removed: removed.slice(n, n + PLACEMENTS_PER_EVENT),
    });
  }
  return moves;
}

/** Returns whether the section of a placement still exists. */
export const isKept = (placement: SidebarPlacement, { sections }: SidebarLayout): boolean =>
  sections.some((one) => one.id === placement.section);
