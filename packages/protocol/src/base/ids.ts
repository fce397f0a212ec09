import { count, countText } from './bounds.ts';
import { z } from './z.ts';

declare const brand: unique symbol;
/** A validated value, which the compiler does not accept where another brand is expected. */
export type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Any RFC 9562 UUID in its canonical text form, lower case. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
// The brand exists only for the compiler: JSON Schema cannot express a transform.
const uuid = <T extends string>(what: string) =>
  z
    .string()
    .regex(UUID, `${what} must be a UUID in lower case`)
    .meta({
      format: 'uuid',
      examples: ['01890a5d-ac96-774b-bcce-b302099a8057'],
    }) as unknown as z.ZodType<T, string>;

/** Identifies an account and its personal stream. */
export type AccountId = Branded<string, 'AccountId'>;
/** Identifies a conversation and its stream. */
export type ConversationId = Branded<string, 'ConversationId'>;
/** Identifies a stream of events. */
export type StreamId = Branded<string, 'StreamId'>;
/**
 * Identifies one command of one account: a retry with the same id gets the first answer. A UUIDv7,
 * created by the client once per user action.
 */
export type ClientId = Branded<string, 'ClientId'>;
/** Identifies a group link. */
export type LinkId = Branded<string, 'LinkId'>;
/** Identifies a scheduled message: the client id of the command that created it. */
export type ScheduledId = Branded<string, 'ScheduledId'>;
/** Identifies a session (a login on one device). */
export type SessionId = Branded<string, 'SessionId'>;
/** Identifies a user group: accounts that are mentioned together. */
export type UserGroupId = Branded<string, 'UserGroupId'>;
/** Identifies a custom emoji of the server. */
export type EmojiId = Branded<string, 'EmojiId'>;
/** Identifies a device to which notifications are pushed. */
export type NotificationDeviceId = Branded<string, 'NotificationDeviceId'>;
/** Identifies an uploaded file, and its upload until it is complete. */
export type FileId = Branded<string, 'FileId'>;
/** Identifies an image that the server has made: an avatar, its icon, or a custom emoji. Another image has another id. */
export type ImageId = Branded<string, 'ImageId'>;
/** The number of an event in its stream: 1, 2, 3 … without gaps; 0 is before the first event. */
export type Seq = Branded<number, 'Seq'>;

/** Validates an {@link AccountId}. */
export const AccountId = uuid<AccountId>('An account id');
/** Validates a {@link ConversationId}. */
export const ConversationId = uuid<ConversationId>('A conversation id');
/** Validates a {@link StreamId}. */
export const StreamId = uuid<StreamId>('A stream id');
/** Validates a {@link ClientId}. */
export const ClientId = uuid<ClientId>('A client id');
/** Validates a {@link LinkId}. */
export const LinkId = uuid<LinkId>('A link id');
/** Validates a {@link ScheduledId}. */
export const ScheduledId = uuid<ScheduledId>('The id of a scheduled message');
/** Validates a {@link SessionId}. */
export const SessionId = uuid<SessionId>('A session id');
/** Validates a {@link NotificationDeviceId}. */
export const NotificationDeviceId = uuid<NotificationDeviceId>('The id of a device');
/** Validates an {@link UserGroupId}. */
export const UserGroupId = uuid<UserGroupId>('The id of a user group');
/** Validates an {@link EmojiId}. */
export const EmojiId = uuid<EmojiId>('The id of a custom emoji');
/** Validates a {@link FileId}. */
export const FileId = uuid<FileId>('A file id');
/** Validates an {@link ImageId}. */
export const ImageId = uuid<ImageId>('An image id');
/** Validates a {@link Seq}. */
export const Seq = count() as unknown as z.ZodType<Seq, number>;
/** A {@link Seq} as text, for queries and paths. */
export const SeqText = countText().pipe(Seq);

/** The last seq that a client has applied, by stream. */
export type Cursor = Readonly<Record<string, Seq>>;

/**
 * Returns the first 128 bits of a hash as a client id: a UUIDv8 (RFC 9562, section 5.8).
 *
 * @throws a RangeError when the hash has fewer bits
 */
export function clientIdOfHash(hash: Uint8Array): ClientId {
  if (hash.length < 16) throw new RangeError('A client id needs 128 bits of a hash');
  const bytes = hash.slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...groups, hex.slice(20)].join('-') as ClientId;
}
