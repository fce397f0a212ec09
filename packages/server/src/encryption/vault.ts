import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts and hashes with the secret of the server: texts that are stored in the database but must not
 * be readable there, and keyed hashes of values that are too short for a plain hash.
 *
 * Each use has its own key, derived from the secret with HKDF (RFC 5869).
 */
export class Vault {
  readonly #secret: string;
  readonly #keys = new Map<string, Buffer>();

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** Encrypts a text (AES-256-GCM) for a use. */
  seal(use: string, text: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key(use), nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /**
   * Decrypts a text that was sealed for this use.
   * @throws if it was sealed with another secret or for another use, or was modified
   */
  open(use: string, sealed: Buffer): string {
    const decipher = createDecipheriv(
      'aes-256-gcm',
      this.#key(use),
      sealed.subarray(0, NONCE_BYTES),
    );
    const text = NONCE_BYTES + TAG_BYTES;
    decipher.setAuthTag(sealed.subarray(NONCE_BYTES, text));
    return decipher.update(sealed.subarray(text), undefined, 'utf8') + decipher.final('utf8');
  }

  /** Returns a keyed hash (HMAC-SHA256) for a use. */
  mac(use: string, text: string): Buffer {
    return createHmac('sha256', this.#key(use)).update(text).digest();
  }

  #key(use: string): Buffer {
    let key = this.#keys.get(use);
    if (!key) {
      key = Buffer.from(hkdfSync('sha256', this.#secret, '', `parley ${use}`, 32));
      this.#keys.set(use, key);
    }
    return key;
  }
}
