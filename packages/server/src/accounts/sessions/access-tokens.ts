import { randomUUID } from 'node:crypto';
import { type AccountId, type Refusal, refusal, type SessionId } from '@parley/protocol';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../runtime/clock.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Validity of an access token. */
export const ACCESS_TOKEN_MS = 10 * 60 * 1000;
const AUDIENCE = 'parley';
/** Header fields that would select a key from elsewhere, or an extension. */
const FOREIGN = ['jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'crit', 'b64'];
/** RFC 9068: an access token, not any other JWT of ours. */
const TYPE = 'at+jwt';

/** The claims of an access token. */
export interface AccessClaims {
  readonly account: AccountId;
  readonly session: SessionId;
  /** Wall clock, ms. */
  readonly expiresAt: number;
}

/**
 * Signs and verifies access tokens: JWT (RFC 7519), only RS256, signed with a key of our own set.
 */
export class AccessTokens {
  readonly #keys: SigningKeys;
  readonly #issuer: () => string;
  readonly #clock: Clock;

  /** `issuer` is the server’s public address, known once it listens. */
  constructor(keys: SigningKeys, issuer: () => string, clock: Clock) {
    this.#keys = keys;
    this.#issuer = issuer;
    this.#clock = clock;
  }

  /** The public keys with which our tokens can be verified. */
  get jwks() {
    return this.#keys.jwks;
  }

  /** Signs a token for a session. */
  async sign(
    account: AccountId,
    session: SessionId,
  ): Promise<{ token: string; expiresAt: number }> {
    const now = Math.floor(this.#clock.now() / 1000);
    const exp = now + ACCESS_TOKEN_MS / 1000;
    const { kid, privateKey } = this.#keys.current;
    const token = await new SignJWT({ sid: session })
      .setProtectedHeader({ alg: 'RS256', typ: TYPE, kid })
      .setIssuer(this.#issuer())
      .setAudience(AUDIENCE)
      .setSubject(account)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(exp)
      .sign(privateKey);
    return { token, expiresAt: exp * 1000 };
  }

  /** Verifies signature and claims, but not that the session is active; see `Sessions`. */
  async verify(token: string): Promise<{ claims: AccessClaims } | { refusal: Refusal }> {
    // A token has exactly one form: libraries accept white space and padding in base64, so one
    // token could have many forms.
    if (!isCanonical(token)) return INVALID;
    try {
      const { payload } = await jwtVerify(
        token,
        async ({ kid, alg, ...header }) => {
          // The key always comes from our set, regardless of the header.
          if (FOREIGN.some((name) => name in header)) {
            throw new errors.JWTInvalid('keys and extensions in the header are not allowed');
          }
          if (alg !== 'RS256') throw new errors.JWTInvalid('unsupported algorithm');
          const key = kid === undefined ? undefined : await this.#keys.publicKey(kid);
          if (!key) throw new errors.JWTInvalid('unknown key');
          return key;
        },
        {
          algorithms: ['RS256'],
          typ: TYPE,
          issuer: this.#issuer(),
          audience: AUDIENCE,
          requiredClaims: ['sub', 'sid', 'exp', 'jti'],
          currentDate: new Date(this.#clock.now()),
        },
      );
      const { sub, sid, exp } = payload;
      if (typeof sub !== 'string' || typeof sid !== 'string' || exp === undefined) return INVALID;
      return {
        claims: { account: sub as AccountId, session: sid as SessionId, expiresAt: exp * 1000 },
      };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { refusal: refusal('token_expired') };
      if (error instanceof errors.JOSEError) return INVALID;
      throw error;
    }
  }
}

/**
 * Returns whether the token has three parts, each the canonical base64url text of its bytes (RFC
 * 4648 §3.5): the unused bits at the end of a part are zero.
 */
function isCanonical(token: string): boolean {
  const parts = token.split('.');
  return (
    parts.length === 3 &&
    parts.every((p) => p !== '' && Buffer.from(p, 'base64url').toString('base64url') === p)
  );
}

const INVALID = { refusal: refusal('unauthenticated', 'The access token is invalid') };
