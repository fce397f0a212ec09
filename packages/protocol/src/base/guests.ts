import { Timestamp } from './bounds.ts';
import { ConversationId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { z } from './z.ts';

/** The access of a new guest, and when it ends. */
export const GuestAccess = z
  .object({
    /**
     * The groups that the guest joins: public ones, and those to which the inviter may add members.
     */
    groups: z
      .array(ConversationId)
      .min(1, 'Choose at least one group')
      .max(LIMITS.guestGroups, `Choose at most ${LIMITS.guestGroups} groups`),
    /** When the access of the guest ends; null: never. */
    accessEndsAt: Timestamp.nullable().default(null),
  })
  .meta({
    id: 'GuestAccess',
    examples: [
      {
        groups: ['0190aa00-0000-7000-8000-00000000000c'],
        accessEndsAt: '2027-06-30T00:00:00.000Z',
      },
    ],
  });
export type GuestAccess = z.infer<typeof GuestAccess>;
