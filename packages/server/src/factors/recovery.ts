import { createHash, randomInt } from 'node:crypto';
import type { AccountId } from '@parley/protocol';
import type pg from 'pg';
import type { Vault } from '../encryption/vault.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Queryable } from '../storage/queryable.ts';

const CODES = 10;
/** Letters and digits that are not easily confused: 16 of them are 79 bits. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 4;

/**
 * Recovery codes for users who have lost their other factors. Each works once. They are stored as
 * keyed hashes bound to their account, so that guesses cannot be tested without the server’s
 * secret.
 */
export class RecoveryCodes {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #vault: Vault;

  constructor(deps: { readonly pool: pg.Pool; readonly clock: Clock; readonly vault: Vault }) {
    this.#pool = deps.pool;
    this.#clock = deps.clock;
    this.#vault = deps.vault;
  }

  /** Replaces the plain hashes of earlier versions by keyed ones. */
  async upgrade(): Promise<void> {
    const { rows } = await this.#pool.query<{ account_id: AccountId; code_hash: Buffer }>(
      'select account_id, code_hash from recovery_codes where not is_keyed',
    );
    if (rows.length === 0) return;
    await this.#pool.query(
      `update recovery_codes c set code_hash = k.keyed, is_keyed = true
       from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as k (account_id, plain, keyed)
       where c.account_id = k.account_id and c.code_hash = k.plain and not c.is_keyed`,
      [
        rows.map((row) => row.account_id),
        rows.map((row) => row.code_hash),
        rows.map((row) => this.#mac(row.account_id, row.code_hash)),
      ],
    );
  }

  /** Replaces the codes of an account, within the transaction of `on` if given. */
  async renew(account: AccountId, on: Queryable): Promise<string[]> {
    const codes = Array.from({ length: CODES }, newCode);
    await this.remove(account, on);
    await on.query({
      name: 'recovery-add',
      text: `insert into recovery_codes (account_id, code_hash, is_keyed, created_at)
             select $1, hash, true, $3 from unnest($2::bytea[]) as hash`,
      values: [
        account,
        codes.map((code) => this.#mac(account, hashOf(code))),
        new Date(this.#clock.now()),
      ],
    });
    return codes;
  }

  /** Uses a code; false when it is unknown or was used. */
  async use(account: AccountId, code: string): Promise<boolean> {
    const plain = hashOf(code);
    const { rowCount } = await this.#pool.query({
      name: 'recovery-use',
      text: `update recovery_codes set used_at = $3
             where account_id = $1 and code_hash = case when is_keyed then $2::bytea else $4 end
               and used_at is null`,
      // A node of an earlier version may just have stored a plain hash.
      values: [account, this.#mac(account, plain), new Date(this.#clock.now()), plain],
    });
    return rowCount === 1;
  }

  // Over the plain hash, as only that is stored of codes of earlier versions.
  #mac(account: AccountId, plain: Buffer): Buffer {
    return this.#vault.mac('recovery-codes', `${account} ${plain.toString('hex')}`);
  }

  /** Removes all codes of the account. */
  async remove(account: AccountId, on: Queryable): Promise<void> {
    await on.query({
      name: 'recovery-remove',
      text: 'delete from recovery_codes where account_id = $1',
      values: [account],
    });
  }
}

function newCode(): string {
  const group = () =>
    Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}

const hashOf = (code: string): Buffer =>
  createHash('sha256')
    .update(code.toLowerCase().replace(/[^a-z0-9]/g, ''))
    .digest();
