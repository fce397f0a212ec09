import {
  type AccountId,
  BUILT_IN_SECTIONS,
  type ClientId,
  type ConversationId,
  isBuiltIn,
  LIMITS,
  type MoveConversationsBody,
  movesOf,
  placementsOf,
  type Refusal,
  refusal,
  type SectionId,
  type SidebarLayout,
  type SidebarPlacement,
  streamOfAccount,
  type UpdateSectionBody,
  withNewSection,
  withoutSection,
  withSection,
} from '@parley/protocol';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  newEvent,
  type Rule,
  type RuleContext,
} from '../stream/stream-transaction.ts';
import { layoutOf, type SidebarRow } from './queries.ts';

/**
 * Commands that change the sidebar of an account. Each states a change, not the resulting sidebar:
 * if two devices change different things at the same time, both changes apply; if they change the
 * same thing, the later one wins.
 */

type Request = { readonly actor: AccountId; readonly clientId: ClientId };

interface LayoutCommand extends Command {
  /** Returns the next layout, or why the change is refused. */
  readonly change: (layout: SidebarLayout) => SidebarLayout | Refusal;
}

interface MoveCommand extends Command {
  readonly move: MoveConversationsBody;
}

/** Estimated size of the row of an event. */
const EVENT_BYTES = 4_000;

/** Sets whether only conversations with unread messages are shown. */
export const setUnreadOnly = (append: Append, r: Request, unreadOnly: boolean): Promise<Outcome> =>
  changeLayout(append, r, ['unread_only', unreadOnly], (layout) => ({ ...layout, unreadOnly }));

/** Creates a section, with the client id as its id. */
export const createSection = (append: Append, r: Request, name: string): Promise<Outcome> =>
  changeLayout(append, r, ['create', name], (layout) =>
    layout.sections.length >= LIMITS.sidebarSections + BUILT_IN_SECTIONS.length
      ? refusal('too_many_sections')
      : withNewSection(layout, r.clientId, name),
  );

/** Changes a section: absent fields stay. */
export const changeSection = (
  append: Append,
  r: Request,
  section: SectionId,
  change: UpdateSectionBody,
): Promise<Outcome> =>
  changeLayout(append, r, ['section', section, JSON.stringify(change)], (layout) => {
    const isKnown = (id: SectionId) => layout.sections.some((one) => one.id === id);
    if (!isKnown(section)) return refusal('section_not_found');
    if (typeof change.before === 'string' && !isKnown(change.before)) {
      return refusal('section_not_found');
    }
    if (change.name !== undefined && isBuiltIn(section)) return refusal('section_built_in');
    return withSection(layout, section, change);
  });

/** Deletes a section. Its conversations return to the sections of their kinds. */
export const deleteSection = (append: Append, r: Request, section: SectionId): Promise<Outcome> =>
  changeLayout(append, r, ['delete', section], (layout) => {
    if (isBuiltIn(section)) return refusal('section_built_in');
    const next = withoutSection(layout, section);
    return next.sections.length === layout.sections.length ? refusal('section_not_found') : next;
  });

/** Moves conversations into a section. */
export function moveConversations(
  append: Append,
  { actor, clientId }: Request,
  move: MoveConversationsBody,
): Promise<Outcome> {
  const command: MoveCommand = {
    rule: moveRule,
    actor,
    clientId,
    stream: streamOfAccount(actor),
    eventType: 'sidebar.moved',
    payload: [JSON.stringify(move)],
    bytes: EVENT_BYTES,
    move,
  };
  return append.run(command);
}

function changeLayout(
  append: Append,
  { actor, clientId }: Request,
  payload: Command['payload'],
  change: LayoutCommand['change'],
): Promise<Outcome> {
  const command: LayoutCommand = {
    rule: layoutRule,
    actor,
    clientId,
    stream: streamOfAccount(actor),
    eventType: 'sidebar.changed',
    payload,
    bytes: EVENT_BYTES,
    change,
  };
  return append.run(command);
}

const layoutRule: Rule<LayoutCommand> = {
  name: 'sidebar.change',
  async decide(tx, { actor, stream, change }) {
    const before = await readLayout(tx, actor);
    const next = change(before);
    if ('code' in next) return { refuse: next };
    if (JSON.stringify(next) === JSON.stringify(before)) return { unchanged: tx.head(stream) };
    return { events: [newEvent(stream, 'sidebar.changed', next)] };
  },
};

const moveRule: Rule<MoveCommand> = {
  name: 'sidebar.move',
  async decide(tx, { actor, stream, move }) {
    const { conversations, section } = move;
    const rows = await readPlacements(tx, actor, conversations);
    const isAsked = new Set(conversations);
    const ofMember = rows.filter((row) => isAsked.has(row.conversation) && row.is_member);
    // A former member may only reset the placement, and learns nothing else.
    if (section !== null && ofMember.length < conversations.length) {
      return { refuse: refusal('conversation_not_found') };
    }
    const before = rows.flatMap(({ conversation, section, rank }): SidebarPlacement[] =>
      section === null || rank === null ? [] : [{ conversation, section, rank }],
    );
    let placed: SidebarPlacement[] = [];
    let removed: ConversationId[] = [];
    if (section === null) {
      removed = before.flatMap((one) => (isAsked.has(one.conversation) ? [one.conversation] : []));
    } else {
      const { sections } = await readLayout(tx, actor);
      if (!sections.some((one) => one.id === section)) {
        return { refuse: refusal('section_not_found') };
      }
      placed = placementsOf(before, { ...move, section });
      const count = new Set([...before, ...placed].map((one) => one.conversation)).size;
      if (count > LIMITS.sidebarPlacements) {
        // The placements of conversations that the account has left are removed first.
        removed = rows.flatMap((row) =>
          row.section !== null && !row.is_member ? [row.conversation] : [],
        );
        if (count - removed.length > LIMITS.sidebarPlacements) {
          return { refuse: refusal('too_many_placements') };
        }
        const isRemoved = new Set(removed);
        placed = placed.filter((one) => !isRemoved.has(one.conversation));
      }
    }
    const [first, ...more] = movesOf(placed, removed).map((data) =>
      newEvent(stream, 'sidebar.moved', data),
    );
    return first ? { events: [first, ...more] } : { unchanged: tx.head(stream) };
  },
};

async function readLayout(tx: RuleContext, account: AccountId): Promise<SidebarLayout> {
  const [row] = await tx.query<SidebarRow>(
    'sidebar-layout-of',
    'select sections, unread_only from sidebars where account_id = $1',
    [account],
  );
  return layoutOf(row);
}

/** A conversation that has a placement or is to be moved. */
interface PlacementRow {
  readonly conversation: ConversationId;
  /** Both are null without a placement. */
  readonly section: SectionId | null;
  readonly rank: number | null;
  readonly is_member: boolean;
}

const readPlacements = (
  tx: RuleContext,
  account: AccountId,
  conversations: readonly ConversationId[],
): Promise<readonly PlacementRow[]> =>
  tx.query<PlacementRow>(
    'sidebar-placements-of',
    `select coalesce(p.conversation_id, c.id) as conversation, p.section, p.rank,
       exists (select from memberships m
               where m.account_id = $1 and m.conversation_id = coalesce(p.conversation_id, c.id)
                 and m.left_seq is null) as is_member
     from (select * from sidebar_placements where account_id = $1) p
     full join unnest($2::uuid[]) c (id) on c.id = p.conversation_id`,
    [account, conversations],
  );
