import { createHash, randomInt } from 'node:crypto';
import type { AccountId } from '@parley/protocol';
import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Queryable } from '../storage/queryable.ts';

const CODES = 10;
/** Letters and digits that are not taken for one another: 16 of them are 79 bits. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 4;

/**
 * Codes for the day when the other factors are lost. They are stored as SHA-256, and each is good
 * once.
 */
export class RecoveryCodes {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;

  constructor(context: { readonly pool: pg.Pool; readonly clock: Clock }) {
    this.#pool = context.pool;
    this.#clock = context.clock;
  }

  /** New codes in place of those before, in a transaction when `on` is its connection. */
  async renew(account: AccountId, on: Queryable): Promise<string[]> {
    const codes = Array.from({ length: CODES }, newCode);
    await this.remove(account, on);
    await on.query({
      name: 'recovery-add',
      text: `insert into recovery_codes (account_id, code_hash, created_at)
             select $1, hash, $3 from unnest($2::bytea[]) as hash`,
      values: [account, codes.map(hashOf), new Date(this.#clock.now())],
    });
    return codes;
  }

  /** Uses a code up; false when there is no such code, or it was used. */
  async use(account: AccountId, code: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: 'recovery-use',
      text: `update recovery_codes set used_at = $3
             where account_id = $1 and code_hash = $2 and used_at is null`,
      values: [account, hashOf(code), new Date(this.#clock.now())],
    });
    return rowCount === 1;
  }

  /** Takes all codes of the account away. */
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
