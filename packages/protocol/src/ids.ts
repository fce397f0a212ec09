import { z } from 'zod';
import { count, countText } from './bounds.ts';

declare const brand: unique symbol;
/** A value that has passed the rules of one idea and is not to be mixed up with another. */
export type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Any RFC 9562 UUID in its canonical text form, lower case. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
// The brand exists for the compiler only: a transform would have no form in JSON Schema.
const uuid = <T extends string>(what: string) =>
  z
    .string()
    .regex(UUID, `${what} must be a UUID in lower case`)
    .meta({
      format: 'uuid',
      examples: ['01890a5d-ac96-774b-bcce-b302099a8057'],
    }) as unknown as z.ZodType<T, string>;

/** Names an account; also names the account's personal stream. */
export type AccountId = Branded<string, 'AccountId'>;
/** Names a conversation; also names the conversation's stream. */
export type ConversationId = Branded<string, 'ConversationId'>;
/** Names a stream of events. */
export type StreamId = Branded<string, 'StreamId'>;
/**
 * Names one command of one account for ever: whoever sends it again gets the first answer.
 * A UUIDv7 made by the client, once for each thing a person did.
 */
export type ClientId = Branded<string, 'ClientId'>;
/** Names a session (one log-in on one device). */
export type SessionId = Branded<string, 'SessionId'>;
/** Place of an event in its stream: 1, 2, 3 … without a gap. 0 stands before the first. */
export type Seq = Branded<number, 'Seq'>;

export const AccountId = uuid<AccountId>('An account');
export const ConversationId = uuid<ConversationId>('A conversation');
export const StreamId = uuid<StreamId>('A stream');
export const ClientId = uuid<ClientId>('A command’s id');
export const SessionId = uuid<SessionId>('A session');
export const Seq = count() as unknown as z.ZodType<Seq, number>;
/** A {@link Seq} in a query or a path, where everything is text. */
export const SeqText = countText().pipe(Seq);

/** How far a client has applied each stream it follows. */
export type Cursor = Readonly<Record<string, Seq>>;
