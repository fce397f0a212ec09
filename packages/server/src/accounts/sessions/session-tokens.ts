import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import type { SessionId } from '@parley/protocol';

/**
 * Session tokens: the session id, 256 random bits, and a tag made with the session’s own key. The
 * SHA-256 of the newest token and of its predecessor is stored; an older token is recognized by its
 * tag, so that a session cannot be ended by guessing.
 */

const ID_BYTES = 16;
const RANDOM_BYTES = 32;
const TAG_BYTES = 16;
const BYTES = ID_BYTES + RANDOM_BYTES + TAG_BYTES;
const NONCE_BYTES = 12;

/** A well-formed token. */
export interface ParsedToken {
  readonly text: string;
  readonly session: SessionId;
  readonly hash: Buffer;
  readonly bytes: Buffer;
}

/** Creates the key of a new session. */
export const newFamilyKey = (): Buffer => randomBytes(32);

/** Creates a token for a session. */
export function newToken(session: SessionId, familyKey: Buffer): ParsedToken {
  const head = Buffer.concat([
    Buffer.from(session.replaceAll('-', ''), 'hex'),
    randomBytes(RANDOM_BYTES),
  ]);
  const bytes = Buffer.concat([head, tagOf(head, familyKey)]);
  return { text: `ps_${bytes.toString('base64url')}`, session, hash: hashOf(bytes), bytes };
}

/** Parses a token; null when it is malformed. Each token has exactly one form. */
export function parseToken(text: string): ParsedToken | null {
  if (!/^ps_[A-Za-z0-9_-]{86}$/.test(text)) return null;
  const bytes = Buffer.from(text.slice(3), 'base64url');
  if (bytes.length !== BYTES || `ps_${bytes.toString('base64url')}` !== text) return null;
  const hex = bytes.toString('hex', 0, ID_BYTES);
  const session = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') as SessionId;
  return { text, session, hash: hashOf(bytes), bytes };
}

/** Returns whether the session has ever had this token. */
export function isOfFamily({ bytes }: ParsedToken, familyKey: Buffer): boolean {
  const head = bytes.subarray(0, BYTES - TAG_BYTES);
  return timingSafeEqual(bytes.subarray(BYTES - TAG_BYTES), tagOf(head, familyKey));
}

/**
 * Encrypts the successor of a token so that only a holder of that token can read it (AES-256-GCM).
 */
export function boxSuccessor(token: ParsedToken, successor: ParsedToken): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', boxKey(token), nonce);
  const sealed = Buffer.concat([cipher.update(successor.text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** Decrypts the successor of a token from the result of {@link boxSuccessor}. */
export function openSuccessor(token: ParsedToken, box: Buffer): string {
  const text = NONCE_BYTES + TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', boxKey(token), box.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(box.subarray(NONCE_BYTES, text));
  return decipher.update(box.subarray(text), undefined, 'utf8') + decipher.final('utf8');
}

const hashOf = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
// Not the stored hash, which must not decrypt the box.
const boxKey = ({ bytes }: ParsedToken): Buffer =>
  createHmac('sha256', bytes).update('successor').digest();
const tagOf = (head: Buffer, familyKey: Buffer): Buffer =>
  createHmac('sha256', familyKey).update(head).digest().subarray(0, TAG_BYTES);
