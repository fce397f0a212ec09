import type { Event, EventOf } from './events.ts';

/** The types of events that clients show between the messages of a group. */
export const TIMELINE_EVENT_TYPES = [
  'conversation.created',
  'conversation.updated',
  'member.joined',
  'member.left',
] as const;
export type TimelineEventType = (typeof TIMELINE_EVENT_TYPES)[number];
/** An event that clients show between the messages of a group. */
export type TimelineEvent = EventOf<TimelineEventType>;

/** How many seqs an answer with timeline events covers. */
export const TIMELINE_EVENTS_SPAN = 500;

/** Returns whether clients show an event between the messages of a group. */
export const isTimelineEvent = (event: Event): event is TimelineEvent =>
  (TIMELINE_EVENT_TYPES as readonly string[]).includes(event.type);
