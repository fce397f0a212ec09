import { count, countText, Timestamp } from '../base/bounds.ts';
import { AccountId, ConversationId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { line, paragraph } from '../base/text.ts';
import { z } from '../base/z.ts';
import { page } from './rest.ts';

/**
 * Legal holds: while one is in force, the texts and files of the messages that it covers are kept,
 * even if they are deleted.
 */

const LegalHoldName = line(LIMITS.legalHoldNameMax, 'Name');
const LegalHoldReason = paragraph(LIMITS.legalHoldReasonMax, 'Reason');

/** A new legal hold: over accounts, conversations or both. */
export const CreateLegalHoldBody = z
  .object({
    name: LegalHoldName,
    /** Why it is placed, for the owners of the server. */
    reason: LegalHoldReason.default(''),
    /** Covers their messages, and all messages of their direct conversations. */
    accounts: z.array(AccountId).max(LIMITS.legalHoldTargets).default([]),
    /** Covers all their messages. */
    conversations: z.array(ConversationId).max(LIMITS.legalHoldTargets).default([]),
    /** Covers only messages that were posted at this time or later. */
    since: Timestamp.optional(),
    /** Covers only messages that were posted before this time. */
    until: Timestamp.optional(),
  })
  .refine(({ accounts, conversations }) => accounts.length + conversations.length > 0, {
    message: 'Choose at least one user or group',
  })
  .refine(({ since, until }) => !since || !until || since < until, {
    path: ['until'],
    message: 'The end must be after the start',
  })
  .meta({
    examples: [
      {
        name: 'Case 2026-17',
        reason: 'Requested by the legal department',
        accounts: ['0197a000-0000-7000-8000-00000000000a'],
        conversations: [],
        since: '2026-01-01T00:00:00.000Z',
      },
    ],
  });
export type CreateLegalHoldBody = z.input<typeof CreateLegalHoldBody>;

/**
 * A legal hold. After its release, what was kept only for it is deleted; the hold itself remains as
 * a record.
 */
export const LegalHold = z
  .object({
    id: z.uuid(),
    name: z.string(),
    reason: z.string(),
    accounts: z.array(z.object({ id: AccountId, username: z.string() })),
    /** A direct conversation has no name. */
    conversations: z.array(z.object({ id: ConversationId, name: z.string().nullable() })),
    since: Timestamp.nullable(),
    until: Timestamp.nullable(),
    createdBy: AccountId,
    createdAt: Timestamp,
    /** Null while it is in force. */
    releasedAt: Timestamp.nullable(),
    /** When everything that was kept only for it had been deleted. */
    purgedAt: Timestamp.nullable(),
    /** Versions of deleted messages that are kept for it; at most 100,000 are counted. */
    heldVersions: count(0),
  })
  .meta({ id: 'LegalHold' });
export type LegalHold = z.infer<typeof LegalHold>;

/** Which legal holds to return. */
export const LegalHoldsQuery = z.object({
  limit: countText(1, LIMITS.legalHoldsPage).default(LIMITS.legalHoldsPage),
  /** The `next` of the previous page. */
  after: z.string().max(1_000).optional(),
});
/** A page of legal holds, the latest first. */
export const LegalHoldsPage = page(LegalHold);
export type LegalHoldsPage = z.infer<typeof LegalHoldsPage>;

/** Searches groups by name for a legal hold, including private and deleted ones. */
export const HoldableGroupsQuery = z.object({ search: z.string().min(1).max(100) });
/** The groups that were found. Deleted ones can be held too. */
export const HoldableGroupsAnswer = z.object({
  items: z.array(z.object({ id: ConversationId, name: z.string(), isDeleted: z.boolean() })),
});
export type HoldableGroupsAnswer = z.infer<typeof HoldableGroupsAnswer>;
