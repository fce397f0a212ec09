import { type ConversationView, isClosed, type SidebarSnapshot } from '@parley/client';
import type {
  ConversationId,
  MoveConversationsBody,
  SectionId,
  SidebarSection,
} from '@parley/protocol';

/**
 * The properties of a conversation that decide its position in the sidebar, and whether it is
 * shown.
 */
export interface Attention {
  /** The time of the last post of each conversation. */
  readonly activity: ReadonlyMap<ConversationId, string>;
  /** The conversations that are shown although their section is collapsed. */
  readonly unread: ReadonlySet<ConversationId>;
}

/** A section with its conversations in their order. */
export interface ArrangedSection {
  readonly section: SidebarSection;
  readonly all: readonly ConversationId[];
  /** Those that are shown: all, unless the section is collapsed or only unread conversations are shown. */
  readonly shown: readonly ConversationId[];
}

/** The conversations as the sidebar shows them. */
export interface Arrangement {
  readonly sections: readonly ArrangedSection[];
  readonly archived: readonly ConversationId[];
  /** The titles of the conversations. */
  readonly titles: ReadonlyMap<ConversationId, string>;
}

/** The input of {@link arrange}. */
export interface ArrangementInput {
  /** The conversations in the order of their titles. */
  readonly byName: readonly ConversationView[];
  readonly titles: ReadonlyMap<ConversationId, string>;
  readonly sidebar: Pick<SidebarSnapshot, 'layout' | 'placements' | 'closed'>;
  readonly attention: Attention;
  /** The open conversation, which is always shown. */
  readonly open: ConversationId | undefined;
}

/** Returns the section of a conversation that the user has not put anywhere. */
const sectionOfKind = ({ kind }: Pick<ConversationView, 'kind'>): SectionId =>
  kind === 'group' ? 'groups' : 'direct';

/** Arranges the conversations in their sections. */
export function arrange({
  byName,
  titles,
  sidebar,
  attention,
  open,
}: ArrangementInput): Arrangement {
  const { layout, placements } = sidebar;
  const bySection = new Map<SectionId, ConversationView[]>(
    layout.sections.map(({ id }) => [id, []]),
  );
  const archived: ConversationId[] = [];
  for (const view of byName) {
    if (view.id !== open && isClosed(view, sidebar)) continue;
    if (view.archivedAt !== null) archived.push(view.id);
    else {
      const placed = bySection.get(placements.get(view.id)?.section ?? '');
      (placed ?? bySection.get(sectionOfKind(view)))?.push(view);
    }
  }
  const sections = layout.sections.map((section) => {
    const views = bySection.get(section.id) ?? [];
    // Sorting is stable, so equal ones remain in the order of names.
    if (section.order === 'recent') views.sort(byActivity(attention));
    else if (section.order === 'manual') views.sort(byRank(placements));
    const all = views.map(({ id }) => id);
    const shown = isNarrowed(section, layout)
      ? all.filter((id) => id === open || attention.unread.has(id))
      : all;
    return { section, all, shown };
  });
  return { sections, archived, titles };
}

/** Returns whether a section shows only its unread conversations and the open one. */
export const isNarrowed = (
  section: SidebarSection,
  layout: Pick<SidebarSnapshot['layout'], 'unreadOnly'>,
): boolean => section.isCollapsed || layout.unreadOnly;

type Comparison = (a: ConversationView, b: ConversationView) => number;

function byActivity({ activity }: Attention): Comparison {
  const at = (view: ConversationView) => activity.get(view.id) ?? activityOf(view);
  return (a, b) => (at(a) === at(b) ? 0 : at(a) < at(b) ? 1 : -1);
}

/** Conversations without a rank come last. */
function byRank(placements: SidebarSnapshot['placements']): Comparison {
  const rank = (view: ConversationView) =>
    placements.get(view.id)?.rank ?? Number.POSITIVE_INFINITY;
  return (a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b));
}

/** Returns when something was last posted in a conversation, or when it was created. */
export const activityOf = (view: ConversationView): string =>
  view.lastMessage?.postedAt ?? view.createdAt;

/**
 * Returns the shown conversation before (-1) or after (1) the open one; null at the end. With a
 * `counted` filter, those of collapsed sections are included, and the first follows the last.
 * Without an open conversation, returns the first or last one.
 */
export function neighborOf(
  { sections }: Arrangement,
  open: ConversationId | undefined,
  step: -1 | 1,
  counted?: (id: ConversationId) => boolean,
): ConversationId | null {
  const down = sections.flatMap((one) => (counted ? one.all : one.shown));
  const ids = step === 1 ? down : down.reverse();
  const at = open === undefined ? -1 : ids.indexOf(open);
  if (!counted) return ids[at + 1] ?? null;
  const after = [...ids.slice(at + 1), ...ids.slice(0, Math.max(at, 0))];
  return after.find((id) => counted(id)) ?? null;
}

/**
 * The changes that place a conversation: the move, and whether the order of the section becomes
 * manual.
 */
export interface Drop {
  readonly move: MoveConversationsBody;
  readonly toManual: boolean;
}

/**
 * Returns the changes that put a conversation into a section: before the conversation `before`, or
 * at the end if null; without `before`, the order of the section decides. Null if nothing changes.
 */
export function dropOf(
  { sections }: Arrangement,
  { placements }: Pick<SidebarSnapshot, 'placements'>,
  view: Pick<ConversationView, 'id' | 'kind'>,
  target: { readonly section: SectionId; readonly before?: ConversationId | null },
): Drop | null {
  const { id } = view;
  const arranged = sections.find((one) => one.section.id === target.section);
  if (!arranged) return null;
  const { section, all } = arranged;
  const isHere = all.includes(id);
  const others = all.filter((one) => one !== id);
  const index = target.before ? others.indexOf(target.before) : -1;
  const at = index === -1 ? others.length : index;
  if (isHere && (target.before === undefined || others.toSpliced(at, 0, id).join() === all.join()))
    return null;
  if (section.order !== 'manual') {
    if (isHere) {
      const conversations = others.toSpliced(at, 0, id);
      return { move: { conversations, section: section.id, after: null }, toManual: true };
    }
    // The order of the section decides.
    const isOfKind = section.id === sectionOfKind(view);
    const move = { conversations: [id], section: isOfKind ? null : section.id };
    return { move, toManual: false };
  }
  const isRanked = (one: ConversationId) => placements.get(one)?.section === section.id;
  const unranked = others.findIndex((one) => !isRanked(one));
  // Earlier ones without a rank get one; otherwise they would come after it.
  const from = unranked === -1 ? at : Math.min(unranked, at);
  const conversations = [...others.slice(from, at), id];
  const after = from === 0 ? null : (others[from - 1] ?? null);
  return { move: { conversations, section: section.id, after }, toManual: false };
}

/**
 * Returns the conversation to insert before when dropping below the last row; null: at the end.
 * Hidden conversations after that row stay after it.
 */
export function belowLastRow(
  { all, shown }: ArrangedSection,
  dropped: ConversationId,
): ConversationId | null {
  const others = all.filter((one) => one !== dropped);
  const last = shown.findLast((one) => one !== dropped);
  return last === undefined ? null : (others[others.indexOf(last) + 1] ?? null);
}

/**
 * Returns the changes that move a conversation up (-1) or down (1) in its section; null at its end.
 */
export function stepOf(
  arrangement: Arrangement,
  sidebar: Pick<SidebarSnapshot, 'placements'>,
  view: Pick<ConversationView, 'id' | 'kind'>,
  step: -1 | 1,
): Drop | null {
  const arranged = arrangement.sections.find((one) => one.all.includes(view.id));
  if (!arranged) return null;
  const { section, all } = arranged;
  const at = all.indexOf(view.id) + step;
  if (at < 0 || at >= all.length) return null;
  const before = (step === -1 ? all[at] : all[at + 1]) ?? null;
  return dropOf(arrangement, sidebar, view, { section: section.id, before });
}
