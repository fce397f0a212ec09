import { count, countText } from './bounds.ts';
import { LIMITS } from './limits.ts';
import { z } from './z.ts';

/** How long messages are kept before the server deletes them. */

/** A number of days after which messages are deleted. */
export const RetentionDays = count(1, LIMITS.retentionDaysMax);

/** What groups may choose themselves: nothing, a period that is not longer than that of the server, or any. */
export const GroupRetention = z.enum(['server', 'shorter', 'any']);
export type GroupRetention = z.infer<typeof GroupRetention>;

/**
 * How long a group keeps messages: as long as the server setting says, for ever, or for some days. For ever
 * where that is not allowed means as long as the server setting says.
 */
export const MessageRetention = z.union([z.enum(['server', 'keep']), RetentionDays]);
export type MessageRetention = z.infer<typeof MessageRetention>;

/** How long a conversation keeps messages. */
export const ConversationRetention = z
  .object({
    /** Messages that are older than this are deleted; null: they are kept for ever. */
    days: RetentionDays.nullable(),
    /** What the group has chosen; always `server` in direct conversations. */
    retention: MessageRetention,
    /** The setting of the server. */
    serverDays: RetentionDays.nullable(),
    /** The longest period that the group may choose; null: none. */
    maxDays: RetentionDays.nullable(),
    /** Whether the group may choose to keep messages for ever. */
    mayKeep: z.boolean(),
  })
  .meta({ id: 'ConversationRetention' });
export type ConversationRetention = z.infer<typeof ConversationRetention>;

/** Changes the retention period of a group. */
export const ChangeRetentionBody = z
  .object({ retention: MessageRetention })
  .meta({ examples: [{ retention: 90 }] });
export type ChangeRetentionBody = z.infer<typeof ChangeRetentionBody>;

/** The period of which one asks how many messages are older. */
export const ExpiredQuery = z.object({ days: countText(1, LIMITS.retentionDaysMax) });

/**
 * The same for the settings of the server, without `days` if it keeps messages for ever; groups with a period of
 * their own are counted by it.
 */
export const ServerExpiredQuery = ExpiredQuery.partial().extend({ groupRetention: GroupRetention });
export type ServerExpiredQuery = z.input<typeof ServerExpiredQuery>;

/** How many messages a period would delete. */
export const ExpiredCount = z
  .object({
    messages: count(),
    /** Whether there are more than were counted. */
    isMore: z.boolean(),
  })
  .meta({ id: 'ExpiredCount' });
export type ExpiredCount = z.infer<typeof ExpiredCount>;
