import type { AccountId, ConversationId, EventType } from '@parley/protocol';
import { fold } from '@parley/protocol';
import { addTextKeys, type KeySink, propertyKey } from './keys.ts';

/** The properties of messages that are indexed. */

/** A message as it is indexed. */
export interface IndexedMessage {
  readonly conversation: ConversationId;
  readonly author: AccountId;
  readonly body: string;
  readonly hasReaction: boolean;
  readonly hasPin: boolean;
  readonly hasPoll: boolean;
  /** The names of its files. */
  readonly fileNames: readonly string[];
  readonly hasImage: boolean;
  /** It is a reply in a thread. */
  readonly isReply: boolean;
}

/** The keys of properties of messages. */
export const KEYS = {
  author: (account: AccountId) => propertyKey('author', account),
  conversation: (id: ConversationId) => propertyKey('conversation', id),
  link: propertyKey('link'),
  reaction: propertyKey('reaction'),
  pin: propertyKey('pin'),
  poll: propertyKey('poll'),
  file: propertyKey('file'),
  image: propertyKey('image'),
  thread: propertyKey('thread'),
} as const;

/** Returns whether a text has a link. */
export const hasLink = (body: string): boolean => /\bhttps?:\/\/\S|\bwww\.\S/i.test(body);

/** Prevents phrases from matching across the end of a text and the name of a file. */
const NAME_SEPARATOR = '\n\ufffc\n';

/** Returns the text in which the words of a search are found: of a message and the names of its files. */
export const searchedText = (body: string, fileNames: readonly string[]): string =>
  [body, ...fileNames].join(NAME_SEPARATOR);

/** Returns the keys under which a message is found. */
export function keysOfMessage(message: IndexedMessage): Set<number> {
  const keys = new Set<number>();
  addMessageKeys(keys, message);
  return keys;
}

/** Adds the keys under which a message is found to `keys`. */
export function addMessageKeys(keys: KeySink, message: IndexedMessage): void {
  addTextKeys(keys, fold(searchedText(message.body, message.fileNames)));
  keys.add(KEYS.author(message.author));
  keys.add(KEYS.conversation(message.conversation));
  if (hasLink(message.body)) keys.add(KEYS.link);
  if (message.hasReaction) keys.add(KEYS.reaction);
  if (message.hasPin) keys.add(KEYS.pin);
  if (message.hasPoll) keys.add(KEYS.poll);
  if (message.fileNames.length > 0) keys.add(KEYS.file);
  if (message.hasImage) keys.add(KEYS.image);
  if (message.isReply) keys.add(KEYS.thread);
}

/**
 * What an event means for the index:
 *
 * - `index`: its message has new keys, in addition to those that it has;
 * - `react`: the same if it is the first reaction;
 * - `replace`: its message has another text;
 * - `remove`: its message has no text anymore.
 */
export type IndexEffect = 'index' | 'react' | 'replace' | 'remove' | 'none';

/** The effects of all event types on the index. */
export const INDEX_EFFECTS: Readonly<Record<EventType, IndexEffect>> = {
  'message.posted': 'index',
  'message.edited': 'replace',
  'message.deleted': 'remove',
  'message.hidden': 'replace',
  'message.unhidden': 'replace',
  'reaction.added': 'react',
  'message.pinned': 'index',
  // The query checks whether reactions or a pin are left.
  'reaction.removed': 'none',
  'message.unpinned': 'none',
  'poll.voted': 'none',
  'poll.closed': 'none',
  'message.previewed': 'none',
  'conversation.created': 'none',
  'conversation.updated': 'none',
  'conversation.deleted': 'none',
  'member.joined': 'none',
  'member.left': 'none',
  'member.role_changed': 'none',
  'member.banned': 'none',
  'member.unbanned': 'none',
  'link.created': 'none',
  'link.revoked': 'none',
  'conversation.joined': 'none',
  'message.saved': 'none',
  'message.unsaved': 'none',
  'reminder.due': 'none',
  'message.scheduled': 'none',
  'message.unscheduled': 'none',
  'scheduled.sent': 'none',
  'scheduled.failed': 'none',
  'conversation.left': 'none',
  'thread.followed': 'none',
  'thread.unfollowed': 'none',
  'message.reported': 'none',
  'report.resolved': 'none',
  'account.blocked': 'none',
  'account.unblocked': 'none',
  'status.changed': 'none',
  'notifications.changed': 'none',
  'notifications.overridden': 'none',
  'sidebar.changed': 'none',
  'sidebar.moved': 'none',
  'sidebar.closed': 'none',
  'user.registered': 'none',
  'user.updated': 'none',
  'user.deactivated': 'none',
  'user.reactivated': 'none',
  'user.suspended': 'none',
  'user.unsuspended': 'none',
  'user.role_changed': 'none',
  'user.deleted': 'none',
  'group.created': 'none',
  'group.updated': 'none',
  'group.deleted': 'none',
  'user_group.changed': 'none',
  'user_group.deleted': 'none',
  'emoji.changed': 'none',
  'emoji.deleted': 'none',
  'server.updated': 'none',
};
