import { Timestamp } from '../base/bounds.ts';
import { fold } from '../base/fold.ts';
import { ConversationId, Seq } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { line } from '../base/text.ts';
import { TimeZone } from '../base/time-zone.ts';
import { z } from '../base/z.ts';

/** Notification settings: versioned by the events of the personal stream. */

/**
 * Which messages notify: all; only direct messages, mentions and keywords; or none. In a direct
 * conversation for which `mentions` was chosen, only mentions and keywords.
 */
export const NotificationLevel = z
  .enum(['all', 'mentions', 'nothing'])
  .meta({ id: 'NotificationLevel' });
export type NotificationLevel = z.infer<typeof NotificationLevel>;

/** A time of day, `HH:MM`. */
const TimeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Use a time of day such as 22:00')
  .meta({ examples: ['22:00'] });

/**
 * The hours of every day without notifications, in a time zone; past midnight if `end` is before
 * `start`.
 */
export const QuietHours = z
  .object({ start: TimeOfDay, end: TimeOfDay, timeZone: TimeZone })
  .refine(({ start, end }) => start !== end, {
    path: ['end'],
    message: 'Quiet hours can’t start and end at the same time',
  })
  .meta({
    id: 'QuietHours',
    examples: [{ start: '22:00', end: '07:00', timeZone: 'Europe/Berlin' }],
  });
export type QuietHours = z.infer<typeof QuietHours>;

const switches = {
  /** Which messages notify, unless the conversation or thread has its own level. */
  level: NotificationLevel,
  /** Null: none. */
  quietHours: QuietHours.nullable(),
  /** Whether the account is notified of reactions to its messages. */
  reactions: z.boolean(),
  /** Whether newly registered users notify. */
  newPeople: z.boolean(),
  /** Whether notifications play a sound, on the devices where sounds are on. */
  sounds: z.boolean(),
  /** Whether direct messages notify even if their conversation is muted. */
  directBreaksMute: z.boolean(),
  /** Whether mentions by name notify even if the conversation or thread is muted. */
  mentionsBreakMute: z.boolean(),
};

/** The default delay of emails about missed messages. */
const EMAIL_DELAY_MINUTES = 15;
/**
 * After how many minutes of absence an email lists missed direct messages and mentions; null:
 * never.
 */
const EmailDelay = z.number().int().min(5).max(1_440).nullable();

/** The general notification settings of an account. */
export const NotificationSettings = z
  .object({
    ...switches,
    // Absent from events of earlier versions.
    emailDelayMinutes: EmailDelay.default(EMAIL_DELAY_MINUTES),
    keywords: z.array(z.string()).max(LIMITS.notificationKeywords),
  })
  .meta({ id: 'NotificationSettings' });
export type NotificationSettings = z.infer<typeof NotificationSettings>;

/** A mute: nothing notifies until `until`; null: until it is removed. */
export const Mute = z.object({ until: Timestamp.nullable() }).meta({ id: 'Mute' });
export type Mute = z.infer<typeof Mute>;

/** The override of the general settings for a conversation, or for one of its threads. */
export const NotificationOverride = z
  .object({
    /** Null: as for the conversation, or the general level. */
    level: NotificationLevel.nullable(),
    /** Null: not muted. */
    muted: Mute.nullable(),
  })
  .meta({ id: 'NotificationOverride' });
export type NotificationOverride = z.infer<typeof NotificationOverride>;

/**
 * An override after a change. `seq` is that of its last event in the personal stream; 0: it was never set.
 */
export const ChangedOverride = NotificationOverride.extend({
  seq: z.number().int().min(0),
}).meta({ id: 'ChangedOverride' });
export type ChangedOverride = z.infer<typeof ChangedOverride>;

/** An override with its scope. `seq` is that of its event in the personal stream. */
export const ListedOverride = NotificationOverride.extend({
  conversation: ConversationId,
  /** The root of the thread; left out for the conversation itself. */
  thread: Seq.optional(),
  seq: Seq,
}).meta({ id: 'ListedOverride' });
export type ListedOverride = z.infer<typeof ListedOverride>;

/**
 * All notification settings of an account. `seq` is that of the last change to the general ones, or
 * 0.
 */
export const NotificationSettingsAnswer = z
  .object({
    settings: NotificationSettings,
    seq: z.number().int().min(0),
    overrides: z.array(ListedOverride),
  })
  .meta({ id: 'NotificationSettingsAnswer' });
export type NotificationSettingsAnswer = z.infer<typeof NotificationSettingsAnswer>;

/** Keywords, each once: those that differ only in case or accents are the same. */
const Keywords = z
  .array(line(LIMITS.notificationKeywordCharacters, 'Keyword'))
  .max(LIMITS.notificationKeywords)
  .refine((all) => all.every((keyword) => fold(keyword).trim() !== ''), {
    message: 'A keyword needs a letter, a digit or a symbol',
  })
  .transform((all) => [...new Map(all.map((keyword) => [fold(keyword), keyword])).values()]);

/** A change to the general settings; absent fields are unchanged. */
export const UpdateNotificationsBody = z
  .object({ ...switches, emailDelayMinutes: EmailDelay, keywords: Keywords })
  .partial()
  .meta({
    examples: [
      {
        level: 'mentions',
        keywords: ['deploy'],
        quietHours: { start: '22:00', end: '07:00', timeZone: 'Europe/Berlin' },
      },
    ],
  });
export type UpdateNotificationsBody = z.infer<typeof UpdateNotificationsBody>;

/** A change to an override of a conversation or thread; absent fields are unchanged. */
export const UpdateOverrideBody = NotificationOverride.partial().meta({
  examples: [{ muted: { until: '2026-12-01T08:00:00.000Z' } }],
});
export type UpdateOverrideBody = z.infer<typeof UpdateOverrideBody>;
