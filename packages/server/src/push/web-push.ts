import { SignJWT } from 'jose';
import { encryptPush } from './encrypt.ts';
import type { PushKeys } from './push-keys.ts';
import type { PushRequest } from './requests.ts';

/** Requests of Web Push (RFC 8030) for browsers. */

/** The address of a browser, as it subscribed. */
export interface BrowserAddress {
  readonly url: string;
  readonly p256dh: string;
  readonly auth: string;
}

/** A message for the service worker of the web client. */
export interface BrowserMessage {
  readonly content: object;
  /** Replaces an earlier message that the push server has not delivered yet; base64url, at most 32 characters. */
  readonly topic: string;
  readonly urgency: 'normal' | 'high';
  /** How long the push server keeps it. */
  readonly ttlSeconds: number;
}

/** The validity of a token; push servers accept at most 24 hours (RFC 8292 §2). */
const TOKEN_SECONDS = 12 * 3600;
/** How long tokens are reused, and for how many push servers they are kept. */
const TOKEN_REUSED_MS = 6 * 3_600_000;
const TOKENS_MAX = 1_000;

/** Builds requests of Web Push, encrypted and signed. */
export class WebPush {
  readonly #keys: PushKeys;
  readonly #subject: string;
  readonly #tokens = new Map<string, { readonly token: string; readonly until: number }>();

  /** `subject`: a URL at which operators of push servers can contact the sender. */
  constructor(keys: PushKeys, subject: string) {
    this.#keys = keys;
    this.#subject = subject;
  }

  /** The key with which browsers subscribe. */
  get publicKey(): string {
    return this.#keys.publicKey;
  }

  /** Returns the request that sends a message to a browser. */
  async request(to: BrowserAddress, message: BrowserMessage): Promise<PushRequest> {
    const token = await this.#token(new URL(to.url).origin);
    return {
      url: to.url,
      headers: {
        authorization: `vapid t=${token}, k=${this.publicKey}`,
        'content-type': 'application/octet-stream',
        'content-encoding': 'aes128gcm',
        ttl: `${message.ttlSeconds}`,
        urgency: message.urgency,
        topic: message.topic,
      },
      body: encryptPush(JSON.stringify(message.content), to),
    };
  }

  async #token(origin: string): Promise<string> {
    const cached = this.#tokens.get(origin);
    if (cached && cached.until > performance.now()) return cached.token;
    if (this.#tokens.size >= TOKENS_MAX) this.#tokens.clear();
    const token = await new SignJWT()
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
      .setAudience(origin)
      .setSubject(this.#subject)
      .setExpirationTime(Math.floor(Date.now() / 1000) + TOKEN_SECONDS)
      .sign(this.#keys.privateKey);
    this.#tokens.set(origin, { token, until: performance.now() + TOKEN_REUSED_MS });
    return token;
  }
}
