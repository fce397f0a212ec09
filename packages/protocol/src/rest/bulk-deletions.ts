import { count, Timestamp } from '../base/bounds.ts';
import { AccountId } from '../base/ids.ts';
import { z } from '../base/z.ts';

/** Deletions of all messages of an account by an admin, which run in the background. */

/** Without `since`, all messages of the account are deleted. */
export const BulkDeletionBody = z
  .object({
    /** Messages that were posted before it are kept. */
    since: Timestamp.optional(),
  })
  .meta({ examples: [{ since: '2026-11-01T00:00:00.000Z' }] });
export type BulkDeletionBody = z.input<typeof BulkDeletionBody>;

/** A deletion of the messages of an account, with its progress. */
export const BulkDeletion = z
  .object({
    id: z.uuid(),
    account: AccountId,
    requestedBy: AccountId,
    requestedAt: Timestamp,
    /** Messages that were posted before it are kept; null: none. */
    since: Timestamp.nullable(),
    /** How many messages were deleted so far. */
    deleted: count(0),
    /** Null while it is running. */
    doneAt: Timestamp.nullable(),
    /** When an admin canceled it; `doneAt` is the same. */
    cancelledAt: Timestamp.nullable(),
  })
  .meta({ id: 'BulkDeletion' });
export type BulkDeletion = z.infer<typeof BulkDeletion>;

/** The latest bulk deletions of an account, the newest first. */
export const BulkDeletionsAnswer = z.object({ items: z.array(BulkDeletion) });
