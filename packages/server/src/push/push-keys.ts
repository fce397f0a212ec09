import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type pg from 'pg';
import type { Vault } from '../encryption/vault.ts';

/** The key with which this server identifies itself to push servers (VAPID, RFC 8292). */
export interface PushKeys {
  /** The uncompressed point in base64url, as browsers take it. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

const USE = 'push-key';

/**
 * Loads the key, and creates it at the first start. Nodes that start concurrently get the same one.
 * @throws if the key was encrypted with another secret
 */
export async function loadPushKeys(pool: pg.Pool, vault: Vault): Promise<PushKeys> {
  const stored = await read(pool);
  if (stored) return openKeys(stored, vault);
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', {
    namedCurve: 'prime256v1',
  });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([
    Buffer.of(4),
    Buffer.from(x, 'base64url'),
    Buffer.from(y, 'base64url'),
  ]);
  await pool.query({
    name: 'push-keys-create',
    text: `insert into push_keys (public_key, sealed) values ($1, $2) on conflict do nothing`,
    values: [
      point.toString('base64url'),
      vault.seal(USE, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    ],
  });
  const created = await read(pool);
  if (!created) throw new Error('The push key was not stored');
  return openKeys(created, vault);
}

interface KeyRow {
  public_key: string;
  sealed: Buffer;
}

async function read(pool: pg.Pool): Promise<KeyRow | undefined> {
  const { rows } = await pool.query<KeyRow>('select public_key, sealed from push_keys');
  return rows[0];
}

function openKeys({ public_key: publicKey, sealed }: KeyRow, vault: Vault): PushKeys {
  try {
    return { publicKey, privateKey: createPrivateKey(vault.open(USE, sealed)) };
  } catch (error) {
    throw new Error(
      'The push key in the database was encrypted with another secret. Set PARLEY_SECRET to the secret that was used before.',
      { cause: error },
    );
  }
}
