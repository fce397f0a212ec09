import { count, countText } from '../base/bounds.ts';
import { LIMITS } from '../base/limits.ts';
import { z } from '../base/z.ts';

/** How long messages are kept before the server deletes them. */

/** A number of days after which messages are deleted. */
export const RetentionDays = count(1, LIMITS.retentionDaysMax);

/** What groups may choose themselves: nothing, a period up to that of the server, or any. */
export const GroupRetention = z.enum(['server', 'shorter', 'any']);
export type GroupRetention = z.infer<typeof GroupRetention>;

/**
 * How long a group keeps messages: according to the server setting, forever, or for a number of
 * days. Forever means the server setting where it is not allowed.
 */
export const MessageRetention = z.union([z.enum(['server', 'keep']), RetentionDays]);
export type MessageRetention = z.infer<typeof MessageRetention>;

/** How long a conversation keeps messages. */
export const ConversationRetention = z
  .object({
    /** Messages older than this are deleted; null: they are kept forever. */
    days: RetentionDays.nullable(),
    /** What the group has chosen; always `server` in direct conversations. */
    retention: MessageRetention,
    /** The setting of the server. */
    serverDays: RetentionDays.nullable(),
    /** The longest period that the group may choose; null: none. */
    maxDays: RetentionDays.nullable(),
    /** Whether the group may choose to keep messages forever. */
    mayKeep: z.boolean(),
  })
  .meta({ id: 'ConversationRetention' });
export type ConversationRetention = z.infer<typeof ConversationRetention>;

/** Changes the retention period of a group. */
export const ChangeRetentionBody = z
  .object({ retention: MessageRetention })
  .meta({ examples: [{ retention: 90 }] });
export type ChangeRetentionBody = z.infer<typeof ChangeRetentionBody>;

/** Counts the messages older than this period. */
export const ExpiredQuery = z.object({ days: countText(1, LIMITS.retentionDaysMax) });

/**
 * The same for the settings of the server, without `days` if it keeps messages forever; groups with
 * their own period are counted by that.
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
