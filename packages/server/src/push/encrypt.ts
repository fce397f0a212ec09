import { createCipheriv, createECDH, type ECDH, hkdfSync, randomBytes } from 'node:crypto';

/** Message encryption for Web Push (RFC 8291) with the content encoding `aes128gcm` (RFC 8188). */

/** The public key and the authentication secret of a browser, base64url. */
export interface BrowserKeys {
  readonly p256dh: string;
  readonly auth: string;
}

const CURVE = 'prime256v1';
const POINT_BYTES = 65;
const AUTH_BYTES = 16;
const SALT_BYTES = 16;
/** Push servers accept 4096 bytes in total (RFC 8030 §7.2): one record. */
const RECORD_BYTES = 4096;
/** Bytes of the header, the delimiter and the tag. */
const OVERHEAD_BYTES = SALT_BYTES + 4 + 1 + POINT_BYTES + 1 + 16;

/** Bytes that fit into a message. */
export const PUSH_BYTES_MAX = RECORD_BYTES - OVERHEAD_BYTES;

/** Returns whether the keys of a browser are usable: a point of the curve, and a secret of 16 bytes. */
export function areUsable({ p256dh, auth }: BrowserKeys): boolean {
  const point = Buffer.from(p256dh, 'base64url');
  if (point.length !== POINT_BYTES || point[0] !== 4) return false;
  if (Buffer.from(auth, 'base64url').length !== AUTH_BYTES) return false;
  const own = createECDH(CURVE);
  own.generateKeys();
  try {
    own.computeSecret(point);
    return true;
  } catch {
    // Not a point of the curve.
    return false;
  }
}

/**
 * Encrypts a message for a browser. The key pair and the salt are new for each message; only the
 * test with the RFC’s values passes them in.
 */
export function encryptPush(
  text: string | Buffer,
  browser: BrowserKeys,
  ephemeral: { readonly own: ECDH; readonly salt: Buffer } = {
    own: newKeys(),
    salt: randomBytes(SALT_BYTES),
  },
): Buffer {
  const plain = Buffer.from(text);
  if (plain.length > PUSH_BYTES_MAX) throw new RangeError('The message is too long for a push');
  const { own, salt } = ephemeral;
  const theirs = Buffer.from(browser.p256dh, 'base64url');
  const ours = own.getPublicKey();
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), theirs, ours]);
  const auth = Buffer.from(browser.auth, 'base64url');
  const ikm = derive(own.computeSecret(theirs), auth, info, 32);
  const key = derive(ikm, salt, 'Content-Encoding: aes128gcm\0', 16);
  const nonce = derive(ikm, salt, 'Content-Encoding: nonce\0', 12);
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  const header = Buffer.alloc(SALT_BYTES + 5);
  salt.copy(header);
  header.writeUInt32BE(RECORD_BYTES, SALT_BYTES);
  header.writeUInt8(ours.length, SALT_BYTES + 4);
  // 2 is the delimiter of the last record.
  const body = Buffer.concat([cipher.update(plain), cipher.update(Buffer.of(2)), cipher.final()]);
  return Buffer.concat([header, ours, body, cipher.getAuthTag()]);
}

function newKeys(): ECDH {
  const own = createECDH(CURVE);
  own.generateKeys();
  return own;
}

const derive = (key: Buffer, salt: Buffer, info: string | Buffer, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, info, bytes));
