import { timingSafeEqual } from 'node:crypto';
import { AccountId, SessionId } from '@parley/protocol';
import type { Vault } from '../encryption/vault.ts';
import type { LinkHolder } from './links.ts';

/** Bytes of the signature in a token. */
const SIGNATURE_BYTES = 18;
const USE = 'image tokens';

/**
 * Makes and checks the tokens with which a browser loads images (avatars, the icon of the server).
 *
 * A token is valid while its session exists, so that the URL of an image is stable and the browser
 * can cache it. It only identifies the account: whether the session still exists, and whether the
 * account may see the image, is checked at every request.
 */
export class ImageTokens {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** Returns the token of a session, or API key. */
  make({ account, session }: LinkHolder): string {
    return `${account}.${session}.${this.#sign(account, session)}`;
  }

  /** Returns the holder of a token; null if it is not valid. */
  read(token: string): LinkHolder | null {
    const [account, session, signature, ...more] = token.split('.');
    if (!account || !session || !signature || more.length > 0) return null;
    const expected = Buffer.from(this.#sign(account, session));
    const actual = Buffer.from(signature);
    if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return null;
    const holder = {
      account: AccountId.safeParse(account).data,
      session: SessionId.safeParse(session).data,
    };
    return holder.account && holder.session
      ? { account: holder.account, session: holder.session }
      : null;
  }

  #sign(account: string, session: string): string {
    const mac = this.#vault.mac(USE, `${account}.${session}`);
    return mac.subarray(0, SIGNATURE_BYTES).toString('base64url');
  }
}
