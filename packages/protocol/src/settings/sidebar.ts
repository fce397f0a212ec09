import { count } from '../base/bounds.ts';
import { ConversationId, Seq } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { line } from '../base/text.ts';
import { z } from '../base/z.ts';
import { BUILT_IN_SECTIONS, PLACEMENTS_PER_EVENT } from './sidebar-bounds.ts';

/**
 * The sidebar: how an account arranges its conversations, versioned by the events of its personal
 * stream.
 */

/** Identifies a section: one of {@link BUILT_IN_SECTIONS}, or the UUID of one that the account has created. */
export const SectionId = z
  .string()
  .regex(
    /^(favorites|groups|direct|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
    'A section is favorites, groups, direct or a UUID in lower case',
  )
  .meta({ examples: ['favorites', '01890a5d-ac96-774b-bcce-b302099a8057'] });
export type SectionId = z.infer<typeof SectionId>;

/** The order of a section: by name, last active first, or manual. */
export const SectionOrder = z.enum(['name', 'recent', 'manual']).meta({ id: 'SectionOrder' });
export type SectionOrder = z.infer<typeof SectionOrder>;

/** A section of the sidebar. */
export const SidebarSection = z
  .object({
    id: SectionId,
    /** Null: a section that every sidebar has, which clients name. */
    name: z.string().nullable(),
    isCollapsed: z.boolean(),
    order: SectionOrder,
  })
  .meta({ id: 'SidebarSection' });
export type SidebarSection = z.infer<typeof SidebarSection>;

/** The ordered sections, and the filter of the sidebar. */
export const SidebarLayout = z
  .object({
    sections: z.array(SidebarSection).max(LIMITS.sidebarSections + BUILT_IN_SECTIONS.length),
    /** Whether only conversations with unread messages are shown. */
    unreadOnly: z.boolean(),
  })
  .meta({ id: 'SidebarLayout' });
export type SidebarLayout = z.infer<typeof SidebarLayout>;

/**
 * The section in which the account has put a conversation. Others are in the section of their kind.
 */
export const SidebarPlacement = z
  .object({
    conversation: ConversationId,
    section: SectionId,
    /** Its position in a manually ordered section, lowest first. */
    rank: z.number().int(),
  })
  .meta({ id: 'SidebarPlacement' });
export type SidebarPlacement = z.infer<typeof SidebarPlacement>;

/**
 * Conversations that were put into a section, and those that are back in the section of their kind.
 */
export const SidebarMove = z.object({
  placed: z.array(SidebarPlacement).max(PLACEMENTS_PER_EVENT),
  removed: z.array(ConversationId).max(PLACEMENTS_PER_EVENT),
});
export type SidebarMove = z.infer<typeof SidebarMove>;

/**
 * A direct conversation that the account has closed: the sidebar leaves it out until there is a
 * message after `seq`, which is the last event that the account had seen.
 */
export const ClosedConversation = z
  .object({ conversation: ConversationId, seq: Seq })
  .meta({ id: 'ClosedConversation' });
export type ClosedConversation = z.infer<typeof ClosedConversation>;

/** Direct conversations that were closed, and those that are back in the sidebar. */
export const SidebarClosing = z.object({
  closed: z.array(ClosedConversation).max(PLACEMENTS_PER_EVENT),
  reopened: z.array(ConversationId).max(PLACEMENTS_PER_EVENT),
});
export type SidebarClosing = z.infer<typeof SidebarClosing>;

/** The whole sidebar. `seq` is that of its last event in the personal stream, or 0. */
export const Sidebar = SidebarLayout.extend({
  placements: z.array(SidebarPlacement).max(LIMITS.sidebarPlacements),
  closed: z.array(ClosedConversation).max(LIMITS.closedConversations),
  seq: count(),
}).meta({ id: 'Sidebar' });
export type Sidebar = z.infer<typeof Sidebar>;

const SectionName = line(LIMITS.sectionNameCharacters, 'Name');

/** A change to the whole sidebar; absent fields are unchanged. */
export const UpdateSidebarBody = z
  .object({ unreadOnly: z.boolean() })
  .partial()
  .meta({ examples: [{ unreadOnly: true }] });
export type UpdateSidebarBody = z.infer<typeof UpdateSidebarBody>;

/** A new section, the first below the favorites. */
export const CreateSectionBody = z
  .object({ name: SectionName })
  .meta({ examples: [{ name: 'Projects' }] });
export type CreateSectionBody = z.infer<typeof CreateSectionBody>;

/** A change to a section; absent fields are unchanged. */
export const UpdateSectionBody = z
  .object({
    /** Only for sections that the account has created. */
    name: SectionName,
    isCollapsed: z.boolean(),
    order: SectionOrder,
    /** The section is moved before this one; null: to the end. */
    before: SectionId.nullable(),
  })
  .partial()
  .meta({ examples: [{ isCollapsed: true }, { order: 'recent' }, { before: 'groups' }] });
export type UpdateSectionBody = z.infer<typeof UpdateSectionBody>;

/** Puts conversations into a section, in this order. */
export const MoveConversationsBody = z
  .object({
    conversations: z
      .array(ConversationId)
      .min(1)
      .max(LIMITS.sidebarPlacements)
      .refine((ids) => new Set(ids).size === ids.length, {
        message: 'List each conversation only once',
      }),
    /** Null: each goes back to the section of its kind. */
    section: SectionId.nullable(),
    /** They are placed after this conversation of the section; null: first; absent: last. */
    after: ConversationId.nullable().optional(),
  })
  .meta({
    examples: [
      { conversations: ['01890a5d-ac96-774b-bcce-b302099a8057'], section: 'favorites' },
      {
        conversations: ['01890a5d-ac96-774b-bcce-b302099a8057'],
        section: 'groups',
        after: null,
      },
    ],
  });
export type MoveConversationsBody = z.infer<typeof MoveConversationsBody>;

/** Closes a direct conversation. */
export const CloseConversationBody = z
  .object({
    /** The last event of the conversation that the account has seen. A message after it keeps the conversation open. */
    seq: Seq,
  })
  .meta({ examples: [{ seq: 7 }] });
export type CloseConversationBody = z.infer<typeof CloseConversationBody>;
