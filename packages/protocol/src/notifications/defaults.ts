import type { NotificationOverride, NotificationSettings } from './notifications.ts';

// No schemas here: clients that use these values need no validator.

/** The settings of an account that has changed none. */
export const NOTIFICATION_DEFAULTS: NotificationSettings = {
  level: 'all',
  quietHours: null,
  reactions: false,
  newPeople: true,
  sounds: true,
  directBreaksMute: false,
  mentionsBreakMute: false,
  emailDelayMinutes: 15,
  keywords: [],
};

/** Nothing differs from the general settings. */
export const NO_OVERRIDE: NotificationOverride = { level: null, muted: null };

/** Returns whether an override changes nothing. */
export const isNoOverride = (o: NotificationOverride): boolean =>
  o.level === null && o.muted === null;
