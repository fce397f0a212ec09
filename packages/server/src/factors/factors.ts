import type { AccountId, AccountRole } from '@parley/protocol';
import type pg from 'pg';
import type { AttemptLimits } from '../accounts/attempts/attempt-limits.ts';
import { type Requirement, rolesRequired } from '../accounts/sessions/second-factor-requirement.ts';
import type { Tickets } from '../accounts/tickets/tickets.ts';
import type { AuditLog, AuditNote } from '../audit/audit-log.ts';
import type { Vault } from '../encryption/vault.ts';
import type { Clock } from '../runtime/clock.ts';
import { withTransaction } from '../storage/database.ts';
import type { Queryable } from '../storage/queryable.ts';
import { Passkeys } from './passkeys.ts';
import { type AccountFactors, factorsOf } from './queries.ts';
import { RecoveryCodes } from './recovery.ts';
import { removeFactors } from './remove.ts';
import { Totps } from './totp.ts';

interface FactorsDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly tickets: Tickets;
  readonly limits: AttemptLimits;
  readonly audit: AuditLog;
  readonly requirement: Requirement;
}

/**
 * The second factors of accounts.
 *
 * 1. A session starts only after the second factor, if the account has one: until then there is a
 *    ticket that authorizes nothing else.
 * 2. Where the server requires one, a user without one enrolls before the session starts.
 * 3. Wrong codes are counted per account, not per ticket.
 */
export class SecondFactors {
  readonly totps: Totps;
  readonly recovery: RecoveryCodes;
  readonly passkeys: Passkeys;
  readonly #deps: FactorsDeps;
  readonly #required: ReadonlySet<AccountRole>;

  constructor(deps: FactorsDeps) {
    this.#deps = deps;
    this.#required = new Set(rolesRequired(deps.requirement));
    this.totps = new Totps(deps);
    this.recovery = new RecoveryCodes(deps);
    this.passkeys = new Passkeys(deps);
  }

  /** Returns whether accounts of this role must have one. */
  isRequired(role: AccountRole): boolean {
    return this.#required.has(role);
  }

  /** Returns the second factors of an account; see {@link factorsOf}. */
  of(account: AccountId, on: Queryable = this.#deps.pool): Promise<AccountFactors> {
    return factorsOf(account, on);
  }

  /**
   * Checks a factor of an account; wrong ones count against its limit, regardless of their source.
   * @throws {RefusalError} rate_limited
   */
  async guess(account: AccountId, check: () => Promise<boolean>): Promise<boolean> {
    const { limits } = this.#deps;
    // Counted before the check, so that concurrent attempts cannot exceed the limit.
    await limits.take('secondFactor', account);
    const right = await check();
    if (right) await limits.clear('secondFactor', account);
    return right;
  }

  /**
   * Removes all factors and recovery codes of an account, within the transaction of `on` if given.
   */
  async removeAll(account: AccountId, on: Queryable): Promise<void> {
    await removeFactors(account, on);
  }

  /**
   * Confirms a new secret with its first code and returns recovery codes; null when the code is
   * wrong. Marks `session`, if given, as having passed the factor.
   */
  async confirmTotp(
    account: AccountId,
    code: string,
    address: string,
    session?: string,
  ): Promise<string[] | null> {
    const note = this.noteFactor('factor_added', 'totp', account, address);
    const codes = await withTransaction(this.#deps.pool, async (client) => {
      if (!(await this.totps.confirm(account, code, client))) return null;
      if (session !== undefined) await this.#recordPassed(session, client);
      await note.store(client);
      return this.recovery.renew(account, client);
    });
    note.log();
    return codes;
  }

  /** Creates the audit entry for a factor. */
  noteFactor(
    event: 'factor_added' | 'factor_removed',
    factor: 'totp' | 'passkey',
    account: AccountId,
    address: string,
  ): AuditNote {
    return this.#deps.audit.note({ event, account, address, details: { factor } });
  }

  /** Records that a session has passed a second factor. */
  async #recordPassed(session: string, on: Queryable): Promise<void> {
    await on.query({
      name: 'factors-passed',
      text: 'update sessions set second_factor_at = $2 where id = $1',
      values: [session, new Date(this.#deps.clock.now())],
    });
  }

  /**
   * Adds a passkey; the first factor comes with recovery codes. Null when the response is invalid.
   */
  async addPasskey(
    account: AccountId,
    session: string,
    address: string,
    add: (on: Queryable) => ReturnType<Passkeys['add']>,
  ) {
    const note = this.noteFactor('factor_added', 'passkey', account, address);
    const added = await withTransaction(this.#deps.pool, async (client) => {
      const had = await this.of(account, client);
      const passkey = await add(client);
      if (!passkey) return null;
      await this.#recordPassed(session, client);
      await note.store(client);
      if (had.recoveryCodesLeft > 0) return { ...passkey };
      return { ...passkey, recoveryCodes: await this.recovery.renew(account, client) };
    });
    note.log();
    return added;
  }
}
