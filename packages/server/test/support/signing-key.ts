import type { Pool } from 'pg';
import { loadSigningKeys } from '../../src/accounts/sessions/signing-keys.ts';

/** The secret of all test servers that do not set their own. */
export const SECRET = 'the secret of servers in tests, not of any other';

/** The rows of the keys that tests of this process have created, by secret. */
const created = new Map<string, unknown[]>();

/**
 * Stores a signing key in a new database, so that no server has to generate one there, which takes more than a tenth of a
 * second of a core: all tests of a process with the same secret use the same key.
 */
export async function lendSigningKey(pool: Pool, secret: string): Promise<void> {
  const known = created.get(secret);
  if (known === undefined) {
    await loadSigningKeys(pool, secret);
    const { rows } = await pool.query(
      'select kid, public_jwk::text, private_pem, created_at, signs_from from signing_keys',
    );
    created.set(secret, Object.values(rows[0] as object));
    return;
  }
  await pool.query(
    `insert into signing_keys (kid, public_jwk, private_pem, created_at, signs_from)
     values ($1, $2, $3, $4, $5) on conflict do nothing`,
    known,
  );
}
