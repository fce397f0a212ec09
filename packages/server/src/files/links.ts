import { timingSafeEqual } from 'node:crypto';
import { AccountId, type FileId, SessionId } from '@parley/protocol';
import type { Vault } from '../encryption/vault.ts';
import type { Clock } from '../runtime/clock.ts';

/**
 * Links are valid for the current and the next period of this length, ms, so that a browser can
 * cache by them.
 */
const PERIOD_MS = 60 * 60 * 1000;
/** Bytes of the signature in a link. */
const SIGNATURE_BYTES = 18;
const USE = 'file links';

/** The session or API key that requested a link. */
export interface LinkHolder {
  readonly account: AccountId;
  readonly session: SessionId;
}

/**
 * Makes and checks links with which a browser loads a file without a token, as an image or a download.
 *
 * A link is valid for one file, one session and at most two hours. It only identifies the account:
 * whether the session still exists, and whether the account may read the file, is checked at every
 * request.
 */
export class FileTokens {
  readonly #vault: Vault;
  readonly #clock: Clock;

  constructor(vault: Vault, clock: Clock) {
    this.#vault = vault;
    this.#clock = clock;
  }

  /**
   * Returns a token for a file, and when it expires. It is the same for its holder for some time.
   */
  make(file: FileId, { account, session }: LinkHolder): { token: string; expiresAt: Date } {
    const until = (Math.floor(this.#clock.now() / PERIOD_MS) + 2) * PERIOD_MS;
    const fields = `${account}.${session}.${until.toString(36)}`;
    return { token: `${fields}.${this.#sign(file, fields)}`, expiresAt: new Date(until) };
  }

  /** Returns the holder of a token for this file; null if it is not valid, or has expired. */
  read(file: FileId, token: string): LinkHolder | null {
    const [account, session, until, signature, ...more] = token.split('.');
    if (!account || !session || !until || !signature || more.length > 0) return null;
    const expected = Buffer.from(this.#sign(file, `${account}.${session}.${until}`));
    const actual = Buffer.from(signature);
    if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return null;
    if (Number.parseInt(until, 36) <= this.#clock.now()) return null;
    const holder = {
      account: AccountId.safeParse(account).data,
      session: SessionId.safeParse(session).data,
    };
    return holder.account && holder.session
      ? { account: holder.account, session: holder.session }
      : null;
  }

  #sign(file: FileId, fields: string): string {
    const mac = this.#vault.mac(USE, `${file}.${fields}`);
    return mac.subarray(0, SIGNATURE_BYTES).toString('base64url');
  }
}
