import type { Event, EventType } from '@parley/protocol';

/** The fields of an event’s data that a client uses, and their types. */
const FIELDS: Partial<Record<EventType, Readonly<Record<string, 'string' | 'number'>>>> = {
  'member.joined': { account: 'string', role: 'string' },
  'member.left': { account: 'string' },
  'member.role_changed': { account: 'string', role: 'string' },
  'message.posted': { body: 'string' },
  'message.edited': { message: 'number', body: 'string' },
  'message.deleted': { message: 'number', author: 'string' },
  'reaction.added': { message: 'number', emoji: 'string' },
  'reaction.removed': { message: 'number', emoji: 'string' },
  'conversation.joined': { conversation: 'string', seq: 'number' },
  'conversation.left': { conversation: 'string', seq: 'number' },
  'user.registered': { account: 'string', username: 'string', displayName: 'string' },
  'user.updated': { account: 'string', username: 'string', displayName: 'string' },
  'user.deactivated': { account: 'string' },
  'user.reactivated': { account: 'string' },
  'user.role_changed': { account: 'string', role: 'string' },
  'user.deleted': { account: 'string' },
  'group.created': { conversation: 'string', name: 'string' },
  'group.updated': { conversation: 'string', name: 'string' },
  'group.deleted': { conversation: 'string' },
};

/**
 * Returns whether an event can be processed. The server follows its schemas, so this checks only
 * what would break the client: otherwise one damaged row in the database would stop synchronization
 * for every client that is subscribed to the stream. It costs a thousandth of what validating the
 * schemas would.
 */
export function isWellFormed(event: Event): boolean {
  const data = event.data as Readonly<Record<string, unknown>> | null;
  if (typeof data !== 'object' || data === null) return false;
  const fields = FIELDS[event.type];
  for (const name in fields) {
    if (typeof data[name] !== fields[name]) return false;
  }
  if (event.type !== 'conversation.updated') return true;
  const { name, visibility } = data;
  return isTextOrNone(name) && isTextOrNone(visibility);
}

const isTextOrNone = (value: unknown): boolean => value === undefined || typeof value === 'string';
