import type { AccountId } from '@parley/protocol';
import { Secret, TOTP } from 'otpauth';
import type pg from 'pg';
import type { Vault } from '../encryption/vault.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Queryable } from '../storage/queryable.ts';

const PERIOD_S = 30;
/**
 * Codes of the previous and the next step are accepted too: clocks differ, and typing takes time.
 */
const WINDOW = 1;
/** RFC 4226 §4: 160 bits. */
const SECRET_BYTES = 20;
const USE = 'totp';

/**
 * One-time codes of authenticator apps (RFC 6238: SHA-1, six digits, 30 seconds).
 *
 * 1. The secret is stored encrypted and returned only until the first code was right.
 * 2. A code works once: after it, codes of its step and earlier steps are rejected.
 */
export class Totps {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #vault: Vault;

  constructor(deps: { readonly pool: pg.Pool; readonly clock: Clock; readonly vault: Vault }) {
    this.#pool = deps.pool;
    this.#clock = deps.clock;
    this.#vault = deps.vault;
  }

  /**
   * Creates a secret, replacing one that was not confirmed; null when one is confirmed already.
   * `issuer` and `label` name the entry in the app.
   */
  async setUp(
    account: AccountId,
    names: { readonly issuer: string; readonly label: string },
  ): Promise<{ secret: string; uri: string } | null> {
    const secret = new Secret({ size: SECRET_BYTES });
    const { rowCount } = await this.#pool.query({
      name: 'totp-set-up',
      text: `insert into totps (account_id, sealed, created_at) values ($1, $2, $3)
             on conflict (account_id) do update
               set sealed = excluded.sealed, created_at = excluded.created_at, last_step = 0
               where totps.confirmed_at is null`,
      values: [
        account,
        this.#vault.seal(USE, `${account} ${secret.base32}`),
        new Date(this.#clock.now()),
      ],
    });
    if (rowCount !== 1) return null;
    const uri = new TOTP({ ...names, period: PERIOD_S, secret }).toString();
    return { secret: secret.base32, uri };
  }

  /** Confirms the factor with its first code; false when it is wrong. */
  confirm(account: AccountId, code: string, on: Queryable): Promise<boolean> {
    return this.#take(account, code, { isConfirmed: false, on });
  }

  /** Checks a code and marks its step as used. */
  verify(account: AccountId, code: string): Promise<boolean> {
    return this.#take(account, code, { isConfirmed: true, on: this.#pool });
  }

  /** Removes the factor. */
  async remove(account: AccountId, on: Queryable = this.#pool): Promise<void> {
    await on.query({
      name: 'totp-remove',
      text: 'delete from totps where account_id = $1',
      values: [account],
    });
  }

  /** Marks the step of a code as used, and the factor as confirmed. Returns false if the code is wrong. */
  async #take(
    account: AccountId,
    code: string,
    { isConfirmed, on }: { readonly isConfirmed: boolean; readonly on: Queryable },
  ): Promise<boolean> {
    const { rows } = await on.query<{ sealed: Buffer }>({
      name: 'totp-secret',
      text: `select sealed from totps
             where account_id = $1 and (confirmed_at is not null) = $2`,
      values: [account, isConfirmed],
    });
    const [row] = rows;
    if (!row) return false;
    const [owner, base32 = ''] = this.#vault.open(USE, row.sealed).split(' ');
    // A secret that was copied from another row is rejected.
    if (owner !== account) return false;
    const now = this.#clock.now();
    const totp = new TOTP({ period: PERIOD_S, secret: Secret.fromBase32(base32) });
    const delta = totp.validate({ token: code, timestamp: now, window: WINDOW });
    if (delta === null) return false;
    const step = Math.floor(now / 1000 / PERIOD_S) + delta;
    const { rowCount } = await on.query({
      name: 'totp-take',
      text: `update totps set last_step = $2, confirmed_at = coalesce(confirmed_at, $4)
             where account_id = $1 and last_step < $2 and (confirmed_at is not null) = $3
               and sealed = $5`,
      values: [account, step, isConfirmed, new Date(now), row.sealed],
    });
    return rowCount === 1;
  }
}
