import { Timestamp } from './bounds.ts';
import { ConversationId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { z } from './z.ts';

/** What a new guest gets access to, and for how long. */
export const GuestAccess = z
  .object({
    /** The groups that the guest joins: those to which whoever adds the guest may add members, and public ones. */
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
