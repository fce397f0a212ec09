import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import type pg from 'pg';
import { Vault } from '../../encryption/vault.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { withTransaction } from '../../storage/database.ts';

const USE = 'signing-key';
/** Prefix of encrypted keys: keys of earlier versions are PEM, in AES-256-CBC without a MAC. */
const SEALED = 'sealed:';
/** Id of the lock under which keys are created: “parley.keys” in hexadecimal, shortened. */
const KEYS_LOCK = 0x7061726c;
const MINUTE_MS = 60_000;
/** A new key is published this long before it signs, so that all nodes have loaded it. */
const LEAD_MS = 10 * MINUTE_MS;
/** A key verifies for this long after its last signature: longer than any token is valid. */
const AFTER_MS = 20 * MINUTE_MS;
/** A key signs for this long. */
const AGE_MS = 90 * 24 * 60 * MINUTE_MS;
/** The database is searched for unknown keys at most this often. */
const LOOK_MS = 5_000;

/** A loaded key. Times on the wall clock, ms. */
interface Key {
  readonly kid: string;
  readonly jwk: JWK;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly signsFrom: number;
  readonly retiredAt: number | null;
}

/**
 * The keys that sign access tokens (RSA, 2048 bits).
 *
 * 1. Private keys are stored as PKCS #8, encrypted with the server’s secret (AES-256-GCM, bound to
 *    the key id); those of earlier versions are re-encrypted when they are loaded.
 * 2. One key signs at a time. The next one is published before it signs, the previous one verifies
 *    until its tokens have expired: a rotation logs no one out, on any node.
 * 3. An immediate rotation, after a leak, invalidates all previous keys.
 */
export class SigningKeys {
  readonly #pool: pg.Pool;
  readonly #secret: string;
  readonly #vault: Vault;
  readonly #clock: Clock;
  #keys: readonly Key[] = [];
  #looked = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | null = null;

  constructor(pool: pg.Pool, secret: string, clock: Clock) {
    this.#pool = pool;
    this.#secret = secret;
    this.#vault = new Vault(secret);
    this.#clock = clock;
  }

  /** The key that signs now. */
  get current(): { readonly kid: string; readonly privateKey: KeyObject } {
    const now = this.#clock.now();
    // The newest active one; after the clock was set back, the oldest there is.
    const key = this.#keys.find((k) => k.signsFrom <= now) ?? this.#keys.at(-1);
    if (!key) throw new Error('The signing keys have not been loaded');
    return key;
  }

  /**
   * Returns the public keys as a JSON Web Key Set (RFC 7517), including those that do not sign yet.
   */
  get jwks(): { readonly keys: readonly JWK[] } {
    return { keys: this.#validKeys().map((key) => key.jwk) };
  }

  /** Returns the public key with this id if it verifies; another node may have just created it. */
  async publicKey(kid: string): Promise<KeyObject | undefined> {
    const find = () => this.#validKeys().find((key) => key.kid === kid)?.publicKey;
    const loaded = find();
    if (loaded || performance.now() - this.#looked < LOOK_MS) return loaded;
    await this.load();
    return find();
  }

  /**
   * Loads the keys, and creates the first one if there is none.
   * @throws when the secret is not the one that the keys were encrypted with
   */
  load(): Promise<void> {
    this.#looking ??= this.#load().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /**
   * Creates a key that signs after ten minutes; with `atOnce` immediately, which invalidates all
   * existing tokens. Returns its id.
   */
  async rotate({ atOnce = false }: { atOnce?: boolean } = {}): Promise<string> {
    const key = await makeKey(this.#vault);
    const from = this.#clock.now() + (atOnce ? 0 : LEAD_MS);
    await this.#locked(async (client) => {
      if (atOnce) await client.query('delete from signing_keys');
      await this.#insert(client, key, from);
    });
    await this.load();
    return key.kid;
  }

  /** Rotates the signing key when it is due, and removes keys whose tokens have expired. */
  async maintain(): Promise<void> {
    const now = this.#clock.now();
    await this.#locked(async (client) => {
      await client.query('delete from signing_keys where retired_at < $1', [
        new Date(now - AFTER_MS),
      ]);
      const { rows } = await client.query('select from signing_keys where signs_from > $1', [
        new Date(now - AGE_MS),
      ]);
      if (rows.length === 0) {
        await this.#insert(client, await makeKey(this.#vault), now + LEAD_MS);
      }
    });
    await this.load();
  }

  /** Returns the keys that verify tokens. */
  #validKeys(): readonly Key[] {
    const now = this.#clock.now();
    return this.#keys.filter((key) => key.retiredAt === null || now < key.retiredAt + AFTER_MS);
  }

  async #load(): Promise<void> {
    this.#looked = performance.now();
    const read = async (on: Pick<pg.PoolClient, 'query'>) => (await on.query<KeyRow>(SELECT)).rows;
    let rows = await read(this.#pool);
    if (rows.length === 0) {
      rows = await this.#locked(async (client) => {
        // Several nodes may start at once; one creates the key, the others load it.
        const stored = await read(client);
        if (stored.length > 0) return stored;
        await this.#insert(client, await makeKey(this.#vault), this.#clock.now());
        return read(client);
      });
    }
    for (const row of rows) {
      if (!row.private_pem.startsWith(SEALED)) await this.#sealStored(row);
    }
    const opened = new Map(this.#keys.map((key) => [key.kid, key]));
    this.#keys = rows.map((row) => ({
      ...(opened.get(row.kid) ?? this.#open(row)),
      signsFrom: row.signs_from.getTime(),
      retiredAt: row.retired_at?.getTime() ?? null,
    }));
  }

  #locked<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return withTransaction(this.#pool, async (client) => {
      await client.query('select pg_advisory_xact_lock($1)', [KEYS_LOCK]);
      return work(client);
    });
  }

  async #insert(client: pg.PoolClient, key: MadeKey, from: number): Promise<void> {
    await client.query('update signing_keys set retired_at = $1 where retired_at is null', [
      new Date(from),
    ]);
    await client.query(
      `insert into signing_keys (kid, public_jwk, private_pem, created_at, signs_from)
       values ($1, $2, $3, $4, $5)`,
      [
        key.kid,
        JSON.stringify(key.public_jwk),
        key.private_pem,
        new Date(this.#clock.now()),
        new Date(from),
      ],
    );
  }

  /** Re-encrypts a key of an earlier version. */
  async #sealStored(row: KeyRow): Promise<void> {
    const before = row.private_pem;
    row.private_pem = seal(this.#vault, row.kid, decryptPem(before, this.#secret));
    await this.#pool.query(
      'update signing_keys set private_pem = $3 where kid = $1 and private_pem = $2',
      [row.kid, before, row.private_pem],
    );
  }

  #open(row: KeyRow): Omit<Key, 'signsFrom' | 'retiredAt'> {
    return {
      kid: row.kid,
      jwk: row.public_jwk,
      publicKey: createPublicKey({ key: row.public_jwk, format: 'jwk' }),
      privateKey: open(this.#vault, row),
    };
  }
}

/**
 * Loads the signing keys, and creates the first one.
 * @throws when the secret is not the one that the keys were encrypted with
 */
export async function loadSigningKeys(
  pool: pg.Pool,
  secret: string,
  clock: Clock = systemClock,
): Promise<SigningKeys> {
  const keys = new SigningKeys(pool, secret, clock);
  await keys.load();
  return keys;
}

interface MadeKey {
  kid: string;
  public_jwk: JWK;
  private_pem: string;
}

interface KeyRow extends MadeKey {
  signs_from: Date;
  retired_at: Date | null;
}

const SELECT = `select kid, public_jwk, private_pem, signs_from, retired_at from signing_keys
  order by signs_from desc, kid`;

async function makeKey(vault: Vault): Promise<MadeKey> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const jwk = await exportJWK(pair.publicKey);
  // The key id is its thumbprint (RFC 7638).
  const kid = await calculateJwkThumbprint(jwk);
  return {
    kid,
    public_jwk: { ...jwk, kid, use: 'sig', alg: 'RS256' },
    private_pem: seal(vault, kid, pair.privateKey),
  };
}

function seal(vault: Vault, kid: string, key: KeyObject): string {
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return SEALED + vault.seal(USE, `${kid}\n${pem}`).toString('base64');
}

/** Decrypts the private key of a row. Rejects one that was copied from another row. */
function open(vault: Vault, { kid, private_pem: sealed }: KeyRow): KeyObject {
  const text = readable(() => vault.open(USE, Buffer.from(sealed.slice(SEALED.length), 'base64')));
  const head = text.indexOf('\n');
  if (text.slice(0, head) !== kid)
    throw new Error(`The signing key ${kid} is stored under the id of another key`);
  return createPrivateKey(text.slice(head + 1));
}

const decryptPem = (pem: string, secret: string): KeyObject =>
  readable(() => createPrivateKey({ key: pem, passphrase: secret }));

function readable<T>(decrypt: () => T): T {
  try {
    return decrypt();
  } catch (error) {
    throw new Error(
      'The signing keys in the database were encrypted with another secret, or were changed. Set ' +
        'PARLEY_SECRET to the previous secret, or restore the file `secret` of the old data folder.',
      { cause: error },
    );
  }
}
