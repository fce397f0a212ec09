import type { AccountId, Passkey, PasskeyOptions, PasskeyResponse } from '@parley/protocol';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Tickets } from '../accounts/tickets/tickets.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Queryable } from '../storage/queryable.ts';

/** The purpose of a challenge; it is accepted for no other. */
export type PasskeyPurpose = 'passkey_add' | 'passkey_login' | 'passkey_second';

/** The site as WebAuthn sees it. */
export interface Site {
  /** The host name that passkeys are bound to. */
  readonly rpId: string;
  readonly origin: string;
}

/** The library, loaded with the first passkey, as it takes 15 MiB of memory. */
const webAuthn = () => import('@simplewebauthn/server');

/** A challenge expires after this. */
const CHALLENGE_MS = 5 * 60 * 1000;

/**
 * Passkeys (WebAuthn Level 3). A challenge is a one-use ticket: 256 random bits, stored as SHA-256
 * and looked up by what the authenticator has signed.
 */
export class Passkeys {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #tickets: Tickets;

  constructor(deps: {
    readonly pool: pg.Pool;
    readonly clock: Clock;
    readonly tickets: Tickets;
  }) {
    this.#pool = deps.pool;
    this.#clock = deps.clock;
    this.#tickets = deps.tickets;
  }

  /** Returns the passkeys of an account, oldest first. */
  async list(account: AccountId): Promise<Passkey[]> {
    const { rows } = await this.#pool.query<PasskeyRow>({
      name: 'passkeys-list',
      text: `select id, name, created_at, last_used_at from passkeys
             where account_id = $1 order by id`,
      values: [account],
    });
    return rows.map(toPasskey);
  }

  /** Returns the options with which a browser creates a passkey for the account. */
  async optionsToAdd(
    account: { readonly id: AccountId; readonly username: string; readonly displayName: string },
    site: Site,
  ): Promise<PasskeyOptions> {
    const { generateRegistrationOptions } = await webAuthn();
    const challenge = await this.#challenge('passkey_add', account.id);
    return asOptions(
      await generateRegistrationOptions({
        rpName: 'Parley',
        rpID: site.rpId,
        userName: account.username,
        userDisplayName: account.displayName,
        userID: handleOf(account.id),
        challenge: bytesOf(challenge),
        timeout: CHALLENGE_MS,
        excludeCredentials: await this.#credentials(account.id),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      }),
    );
  }

  /** Adds the passkey that a browser has created; null when the response is invalid. */
  async add(
    account: AccountId,
    name: string,
    response: PasskeyResponse,
    site: Site,
    on: Queryable,
  ): Promise<Passkey | null> {
    const challenge = challengeOf(response);
    const ticket = challenge && (await this.#tickets.redeem('passkey_add', challenge));
    if (!ticket || ticket.account !== account) return null;
    const { verifyRegistrationResponse } = await webAuthn();
    const info = await nullIfInvalid(async () => {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        // The library checks the fields that the schema leaves open.
        response: response as unknown as RegistrationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: site.origin,
        expectedRPID: site.rpId,
        requireUserVerification: false,
      });
      return verified ? registrationInfo : null;
    });
    if (!info) return null;
    const { id, publicKey, counter, transports = [] } = info.credential;
    const { rows } = await on.query<PasskeyRow>({
      name: 'passkeys-add',
      text: `insert into passkeys
               (id, account_id, credential_id, public_key, counter, transports, name, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (credential_id) do nothing
             returning id, name, created_at, last_used_at`,
      values: [
        uuidv7(),
        account,
        Buffer.from(id, 'base64url'),
        Buffer.from(publicKey),
        counter,
        transports.join(' '),
        name,
        new Date(this.#clock.now()),
      ],
    });
    return rows[0] ? toPasskey(rows[0]) : null;
  }

  /** Removes a passkey; false when the account has none with this id. */
  async remove(account: AccountId, id: string, on: Queryable): Promise<boolean> {
    const { rowCount } = await on.query({
      name: 'passkeys-remove',
      text: 'delete from passkeys where account_id = $1 and id = $2',
      values: [account, id],
    });
    return rowCount === 1;
  }

  /**
   * Returns the options with which a browser uses a passkey: any of this site, or one of an
   * account.
   */
  async optionsToShow(
    purpose: 'passkey_login' | 'passkey_second',
    account: AccountId | null,
    site: Site,
  ): Promise<PasskeyOptions> {
    const { generateAuthenticationOptions } = await webAuthn();
    const challenge = await this.#challenge(purpose, account);
    return asOptions(
      await generateAuthenticationOptions({
        rpID: site.rpId,
        challenge: bytesOf(challenge),
        timeout: CHALLENGE_MS,
        // Without a password, the passkey must have verified its user.
        userVerification: purpose === 'passkey_login' ? 'required' : 'preferred',
        ...(account && { allowCredentials: await this.#credentials(account) }),
      }),
    );
  }

  /**
   * Returns the account whose passkey answered the challenge; null when the response is invalid.
   */
  async verify(
    purpose: 'passkey_login' | 'passkey_second',
    response: PasskeyResponse,
    site: Site,
  ): Promise<{ account: AccountId; credentials: number } | null> {
    const challenge = challengeOf(response);
    const ticket = challenge && (await this.#tickets.redeem(purpose, challenge));
    if (!ticket) return null;
    const { rows } = await this.#pool.query<CredentialRow>({
      name: 'passkeys-by-credential',
      text: `select p.id, p.account_id, p.public_key, p.counter, a.credentials_version
             from passkeys p join accounts a on a.id = p.account_id
             where p.credential_id = $1 and a.is_active`,
      values: [Buffer.from(response.id, 'base64url')],
    });
    const [row] = rows;
    if (!row || (ticket.account !== null && ticket.account !== row.account_id)) return null;
    const { verifyAuthenticationResponse } = await webAuthn();
    const counter = await nullIfInvalid(async () => {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: response as unknown as AuthenticationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: site.origin,
        expectedRPID: site.rpId,
        requireUserVerification: purpose === 'passkey_login',
        credential: {
          id: response.id,
          publicKey: new Uint8Array(row.public_key),
          counter: row.counter,
        },
      });
      return verified ? authenticationInfo.newCounter : null;
    });
    if (counter === null) return null;
    await this.#pool.query({
      name: 'passkeys-used',
      text: 'update passkeys set counter = greatest(counter, $2), last_used_at = $3 where id = $1',
      values: [row.id, counter, new Date(this.#clock.now())],
    });
    return { account: row.account_id, credentials: row.credentials_version };
  }

  async #challenge(purpose: PasskeyPurpose, account: AccountId | null): Promise<string> {
    const { ticket } = await this.#tickets.issue({
      purpose,
      ...(account && { account }),
      ttlMs: CHALLENGE_MS,
    });
    return ticket;
  }

  async #credentials(account: AccountId): Promise<{ id: string; transports: string[] }[]> {
    const { rows } = await this.#pool.query<{ credential_id: Buffer; transports: string }>({
      name: 'passkeys-credentials',
      text: 'select credential_id, transports from passkeys where account_id = $1',
      values: [account],
    });
    return rows.map((row) => ({
      id: row.credential_id.toString('base64url'),
      transports: row.transports.split(' ').filter(Boolean),
    }));
  }
}

interface PasskeyRow {
  id: string;
  name: string;
  created_at: Date;
  last_used_at: Date | null;
}

interface CredentialRow {
  id: string;
  account_id: AccountId;
  public_key: Buffer;
  counter: number;
  credentials_version: number;
}

const toPasskey = (row: PasskeyRow): Passkey => ({
  id: row.id,
  name: row.name,
  createdAt: row.created_at.toISOString(),
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
});

const bytesOf = (challenge: string) => new Uint8Array(Buffer.from(challenge, 'base64url'));
/** The account’s id as the authenticator stores it, without name or address. */
const handleOf = (account: AccountId) =>
  new Uint8Array(Buffer.from(account.replaceAll('-', ''), 'hex'));
const asOptions = (options: object): PasskeyOptions => options as PasskeyOptions;

/** Returns the challenge that a response claims to answer; its signature is checked later. */
function challengeOf(response: PasskeyResponse): string | null {
  try {
    const text = Buffer.from(response.response.clientDataJSON, 'base64url').toString();
    const { challenge } = JSON.parse(text) as { challenge?: unknown };
    return typeof challenge === 'string' && challenge.length <= 100 ? challenge : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

/** The library throws on any invalid response, and responses are client input. */
async function nullIfInvalid<T>(verify: () => Promise<T>): Promise<T | null> {
  try {
    return await verify();
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}
