import { createHash, randomBytes } from 'node:crypto';
import type { AccountId, AccountRole, ApiKey, Scope, SessionId } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { AuditNote } from '../../audit/audit-log.ts';
import type { Session } from '../../http/authenticate.ts';
import { mayAct } from '../../permissions/account-state.ts';
import type { Clock } from '../../runtime/clock.ts';
import { withTransaction } from '../../storage/database.ts';

/** The last use is written at most this often. */
const TOUCH_MS = 60_000;
/** A key without an expiry is treated as expiring here: the year 9999. */
const NEVER = 253_402_300_799_000;
const HINT_LENGTH = 8;
const KEY = /^pk_[A-Za-z0-9_-]{43}$/;

/** A new API key. */
export interface NewKey {
  readonly account: AccountId;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Wall clock, ms; null for a key without an expiry. */
  readonly expiresAt: number | null;
  readonly createdBy: AccountId;
  /** Creates the audit entry for the key with this id. */
  readonly note: (id: string) => AuditNote;
}

/**
 * API keys of service accounts: `pk_` and 256 random bits, stored only as SHA-256.
 *
 * 1. A key is checked with one indexed query, so that a revoked key is rejected at once.
 * 2. When a key ends, its sockets close at once on this node, and with the next check on other
 *    nodes.
 */
export class ApiKeys {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #endListeners: ((key: SessionId) => void)[] = [];

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Returns whether a bearer token is an API key. */
  static looksLike(token: string): boolean {
    return token.startsWith('pk_');
  }

  /** Called with each key that ends on this node, so that its sockets are closed. */
  onEnded(listener: (key: SessionId) => void): void {
    this.#endListeners.push(listener);
  }

  /**
   * Returns the account and scopes of a key; null when the key is unknown, expired or its account
   * inactive.
   */
  async check(key: string): Promise<{ session: Session; expiresAt: number } | null> {
    if (!KEY.test(key)) return null;
    const now = this.#clock.now();
    const { rows } = await this.#pool.query<{
      id: SessionId;
      account_id: AccountId;
      role: AccountRole;
      scopes: string;
      expires_at: Date | null;
      last_used_at: Date | null;
    }>({
      name: 'keys-check',
      text: `select k.id, k.account_id, a.role, k.scopes, k.expires_at, k.last_used_at
             from api_keys k join accounts a on a.id = k.account_id
             where k.key_hash = $1 and ${mayAct('a')}
               and (k.expires_at is null or k.expires_at > $2)`,
      values: [hashOf(key), new Date(now)],
    });
    const row = rows[0];
    if (!row) return null;
    if (now - (row.last_used_at?.getTime() ?? 0) > TOUCH_MS) {
      await this.#pool.query({
        name: 'keys-touch',
        text: `update api_keys set last_used_at = $2
               where id = $1 and (last_used_at is null or last_used_at < $3)`,
        values: [row.id, new Date(now), new Date(now - TOUCH_MS)],
      });
    }
    const scopes = new Set(row.scopes.split(' ') as Scope[]);
    return {
      session: { id: row.id, account: row.account_id, role: row.role, scopes },
      expiresAt: row.expires_at?.getTime() ?? NEVER,
    };
  }

  /** Returns which of the keys are still valid. */
  async alive(ids: readonly SessionId[]): Promise<Set<SessionId>> {
    const { rows } = await this.#pool.query<{ id: SessionId }>({
      name: 'keys-alive',
      text: `select k.id from api_keys k join accounts a on a.id = k.account_id
             where k.id = any($1::uuid[]) and ${mayAct('a')}
               and (k.expires_at is null or k.expires_at > $2)`,
      values: [ids, new Date(this.#clock.now())],
    });
    return new Set(rows.map((r) => r.id));
  }

  /** Creates a key; only the caller learns it. */
  async create(wanted: NewKey): Promise<{ key: string; stored: ApiKey }> {
    const key = `pk_${randomBytes(32).toString('base64url')}`;
    const id = uuidv7();
    const note = wanted.note(id);
    const statement = {
      name: 'keys-create',
      text: `insert into api_keys
               (id, account_id, key_hash, hint, name, scopes, created_by, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${COLUMNS}`,
      values: [
        id,
        wanted.account,
        hashOf(key),
        key.slice(0, HINT_LENGTH),
        wanted.name,
        [...new Set(wanted.scopes)].join(' '),
        wanted.createdBy,
        new Date(this.#clock.now()),
        wanted.expiresAt === null ? null : new Date(wanted.expiresAt),
      ],
    };
    const row = await withTransaction(this.#pool, async (client) => {
      const { rows } = await client.query<KeyRow>(statement);
      await note.store(client);
      return rows[0] as KeyRow;
    });
    note.log();
    return { key, stored: toKey(row) };
  }

  /** Returns the keys of an account, newest first. */
  async list(account: AccountId): Promise<ApiKey[]> {
    const { rows } = await this.#pool.query<KeyRow>({
      name: 'keys-list',
      text: `select ${COLUMNS} from api_keys where account_id = $1 order by id desc`,
      values: [account],
    });
    return rows.map(toKey);
  }

  /** Revokes a key of an account; false when there is none. */
  async end(account: AccountId, id: string, note: AuditNote): Promise<boolean> {
    const rows = await withTransaction(this.#pool, async (client) => {
      const ended = await client.query<{ id: SessionId }>({
        name: 'keys-end',
        text: 'delete from api_keys where account_id = $1 and id = $2 returning id',
        values: [account, id],
      });
      if (ended.rows.length > 0) await note.store(client);
      return ended.rows;
    });
    note.log();
    this.#announceEnd(rows);
    return rows.length > 0;
  }

  /** Closes the sockets of all keys of an account, after their end has been stored. */
  async closeAll(account: AccountId): Promise<void> {
    const { rows } = await this.#pool.query<{ id: SessionId }>({
      name: 'keys-of',
      text: 'select id from api_keys where account_id = $1',
      values: [account],
    });
    this.#announceEnd(rows);
  }

  /** Closes the sockets of keys whose end has been stored. */
  close(keys: readonly ApiKey[]): void {
    this.#announceEnd(keys.map(({ id }) => ({ id: id as SessionId })));
  }

  #announceEnd(keys: readonly { id: SessionId }[]): void {
    for (const { id } of keys) for (const listener of this.#endListeners) listener(id);
  }
}

interface KeyRow {
  id: string;
  account_id: AccountId;
  name: string;
  hint: string;
  scopes: string;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
}

const COLUMNS = 'id, account_id, name, hint, scopes, created_at, expires_at, last_used_at';

const toKey = (row: KeyRow): ApiKey => ({
  id: row.id,
  account: row.account_id,
  name: row.name,
  hint: row.hint,
  scopes: row.scopes.split(' ') as Scope[],
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
});

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();
