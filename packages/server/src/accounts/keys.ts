import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import type pg from 'pg';
import { withTransaction } from '../storage/database.ts';

/** The key that signs, and all keys that verify. */
export interface SigningKeys {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** By key id; retired ones verify until their tokens are gone. */
  readonly publicKeys: ReadonlyMap<string, KeyObject>;
  /** The public keys as a JSON Web Key Set (RFC 7517). */
  readonly jwks: { readonly keys: readonly JWK[] };
}

const CIPHER = 'aes-256-cbc';
/** Names the lock under which a key is made: “parley.keys” in hexadecimal, shortened. */
const KEYS_LOCK = 0x7061726c;

/**
 * Loads the signing keys, and makes the first one (RSA, 2048 bits). Private keys are stored as
 * PKCS #8, encrypted with the server’s secret.
 *
 * @throws when the secret is not the one that the keys were encrypted with
 */
export async function loadSigningKeys(pool: pg.Pool, secret: string): Promise<SigningKeys> {
  const rows = await withTransaction(pool, async (client) => {
    // Several nodes may start at once; one makes the key, the others find it.
    await client.query('select pg_advisory_xact_lock($1)', [KEYS_LOCK]);
    const found = await client.query<KeyRow>(SELECT);
    if (found.rows.length > 0) return found.rows;
    const row = await makeKey(secret);
    await client.query(
      'insert into signing_keys (kid, public_jwk, private_pem, created_at, signs_from) values ($1, $2, $3, now(), now())',
      [row.kid, JSON.stringify(row.public_jwk), row.private_pem],
    );
    return [row];
  });
  const current = rows[0] as KeyRow;
  const publicKeys = new Map<string, KeyObject>();
  for (const row of rows)
    publicKeys.set(row.kid, createPublicKey({ key: row.public_jwk, format: 'jwk' }));
  return {
    kid: current.kid,
    privateKey: decrypt(current.private_pem, secret),
    publicKeys,
    jwks: { keys: rows.map((r) => r.public_jwk) },
  };
}

interface KeyRow {
  kid: string;
  public_jwk: JWK;
  private_pem: string;
}

const SELECT = `select kid, public_jwk, private_pem from signing_keys
  where retired_at is null or retired_at > now() - interval '1 day'
  order by retired_at is null desc, created_at desc`;

async function makeKey(secret: string): Promise<KeyRow> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const jwk = await exportJWK(pair.publicKey);
  // The key’s own thumbprint (RFC 7638) names it.
  const kid = await calculateJwkThumbprint(jwk);
  return {
    kid,
    public_jwk: { ...jwk, kid, use: 'sig', alg: 'RS256' },
    private_pem: pair.privateKey
      .export({ type: 'pkcs8', format: 'pem', cipher: CIPHER, passphrase: secret })
      .toString(),
  };
}

function decrypt(pem: string, secret: string): KeyObject {
  try {
    return createPrivateKey({ key: pem, passphrase: secret });
  } catch (error) {
    throw new Error(
      'The signing keys in the database were encrypted with another secret. Set PARLEY_SECRET to ' +
        'it, or put the file `secret` of the old data folder back.',
      { cause: error },
    );
  }
}
