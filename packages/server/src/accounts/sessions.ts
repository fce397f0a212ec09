import { createHash, randomBytes } from 'node:crypto';
import type { AccountId, AccountRole, SessionId } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Clock } from '../clock.ts';
import type { Session } from '../http/authenticate.ts';
import { withTransaction } from '../storage/database.ts';
import { isSecondFactor, type Proof } from './logins.ts';

const DAY_MS = 86_400_000;
/** A session that nobody used for this long ends; and any session ends after the longer time. */
const IDLE_MS = 30 * DAY_MS;
const ABSOLUTE_MS = 180 * DAY_MS;
/** The time of the last use is written at most this often. */
const TOUCH_MS = 60_000;
/** A session that was found alive is believed for this long; its end here is known at once. */
const BELIEVED_MS = 2_000;
const CACHE_MAX = 50_000;
/** Longer than any query may take. */
const ENDED_MS = 60_000;

/**
 * Log-ins. Their tokens are 256 random bits and stored only as SHA-256.
 *
 * 1. A session is checked with one indexed query, or none within two seconds of the last one.
 * 2. Its end takes effect at once on this node, for requests and sockets.
 */
export class Sessions {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #twice: readonly AccountRole[];
  readonly #known = new Map<SessionId, { session: Session; until: number }>();
  /** Ended here a moment ago: what a query under way then found of them is not believed. */
  readonly #ended = new Map<SessionId, number>();
  readonly #endListeners: ((session: SessionId) => void)[] = [];

  /** Sessions of accounts of the roles `twice` are none unless they have passed a second factor. */
  constructor(pool: pg.Pool, clock: Clock, twice: readonly AccountRole[] = []) {
    this.#twice = twice;
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Told of each session that ends on this node: its sockets are to be closed. */
  onEnded(listener: (session: SessionId) => void): void {
    this.#endListeners.push(listener);
  }

  /**
   * Begins a session; the token is known to the caller alone. Null when the account is not active,
   * or when what it logs in with has changed since it was checked: the row’s lock decides who was
   * first, so no log-in slips in beside a deactivation or a new password.
   */
  async begin(
    proof: Proof,
    device: string,
    address: string,
  ): Promise<{ id: SessionId; token: string; expiresAt: number } | null> {
    const { account, credentials, passed } = proof;
    const id = uuidv7() as SessionId;
    const token = `ps_${randomBytes(32).toString('base64url')}`;
    const now = this.#clock.now();
    const { rowCount } = await this.#pool.query({
      name: 'sessions-begin',
      // Those of the account that have run out go by the way.
      text: `with past as (
               delete from sessions where account_id = $2 and (expires_at <= $6 or last_used_at <= $8)
             ), account as (
               select id from accounts where id = $2 and is_active and credentials_version = $9
               for share
             )
             insert into sessions
               (id, account_id, token_hash, device, address, created_at, last_used_at, expires_at,
                second_factor_at)
             select $1, id, $3, $4, $5, $6, $6, $7, case when $10 then $6::timestamptz end
             from account`,
      values: [
        id,
        account,
        hashOf(token),
        device,
        address,
        new Date(now),
        new Date(now + ABSOLUTE_MS),
        new Date(now - IDLE_MS),
        credentials,
        passed.some(isSecondFactor),
      ],
    });
    return rowCount === 1 ? { id, token, expiresAt: now + ABSOLUTE_MS } : null;
  }

  /** The session of a token; null when there is none or it has ended. */
  async byToken(token: string): Promise<Session | null> {
    if (!/^ps_[A-Za-z0-9_-]{43}$/.test(token)) return null;
    const now = this.#clock.now();
    const { rows } = await this.#pool.query<SessionRow & { last_used_at: Date }>({
      name: 'sessions-by-token',
      text: `${SELECT}, s.last_used_at ${FROM} where s.token_hash = $1 and ${ALIVE}`,
      values: [hashOf(token), new Date(now), new Date(now - IDLE_MS), this.#twice],
    });
    const row = rows[0];
    if (!row) return null;
    if (now - row.last_used_at.getTime() > TOUCH_MS) {
      await this.#pool.query({
        name: 'sessions-touch',
        text: 'update sessions set last_used_at = $2 where id = $1 and last_used_at < $2',
        values: [row.id, new Date(now)],
      });
    }
    return toSession(row);
  }

  /** The session of this id; null when it has ended. */
  async byId(id: SessionId): Promise<Session | null> {
    const known = this.#known.get(id);
    if (known && known.until > performance.now()) return known.session;
    const now = this.#clock.now();
    const { rows } = await this.#pool.query<SessionRow>({
      name: 'sessions-by-id',
      text: `${SELECT} ${FROM} where s.id = $1 and ${ALIVE}`,
      values: [id, new Date(now), new Date(now - IDLE_MS), this.#twice],
    });
    const row = rows[0];
    if (!row) {
      this.#known.delete(id);
      return null;
    }
    if (this.#known.size >= CACHE_MAX) this.#known.clear();
    if (this.#ended.has(id)) return null;
    const session = toSession(row);
    this.#known.set(id, { session, until: performance.now() + BELIEVED_MS });
    return session;
  }

  /** The sessions of an account that go on, the last used first. */
  async list(account: AccountId): Promise<SessionRecord[]> {
    const now = this.#clock.now();
    const { rows } = await this.#pool.query<SessionRecordRow>({
      name: 'sessions-list',
      text: `select s.id, s.device, s.address, s.created_at, s.last_used_at
             ${FROM} where s.account_id = $1 and ${ALIVE}
             order by s.last_used_at desc, s.id desc`,
      values: [account, new Date(now), new Date(now - IDLE_MS), this.#twice],
    });
    return rows.map((row) => ({
      id: row.id,
      device: row.device,
      address: row.address,
      createdAt: row.created_at.getTime(),
      lastUsedAt: row.last_used_at.getTime(),
    }));
  }

  /** Ends a session if it is of this account; false when it is not. */
  async endOwn(account: AccountId, id: SessionId): Promise<boolean> {
    const { rows } = await this.#pool.query<{ id: SessionId }>({
      name: 'sessions-end-own',
      text: 'delete from sessions where id = $1 and account_id = $2 returning id',
      values: [id, account],
    });
    this.#tell(rows.map((row) => row.id));
    return rows.length === 1;
  }

  /** Which of the sessions go on. */
  async alive(ids: readonly SessionId[]): Promise<Set<SessionId>> {
    const now = this.#clock.now();
    const { rows } = await this.#pool.query<{ id: SessionId }>({
      name: 'sessions-alive',
      text: `select s.id ${FROM} where s.id = any($1::uuid[]) and ${ALIVE}`,
      values: [ids, new Date(now), new Date(now - IDLE_MS), this.#twice],
    });
    return new Set(rows.map((r) => r.id));
  }

  /** Ends a session. */
  async end(id: SessionId): Promise<void> {
    await this.#pool.query({
      name: 'sessions-end',
      text: 'delete from sessions where id = $1',
      values: [id],
    });
    this.#tell([id]);
  }

  /**
   * Ends all sessions of an account, or all but one, together with the change that is the reason
   * (a new password, a deactivation): both happen, or neither. A change after which log-ins under
   * way must fail raises `credentials_version` or takes `is_active` away.
   */
  async endAll(
    account: AccountId,
    {
      except,
      change,
    }: {
      readonly except?: SessionId | undefined;
      readonly change?: (client: pg.PoolClient) => Promise<void>;
    } = {},
  ): Promise<void> {
    const ended = await withTransaction(this.#pool, async (client) => {
      await change?.(client);
      const { rows } = await client.query<{ id: SessionId }>({
        name: 'sessions-end-all',
        text: 'delete from sessions where account_id = $1 and id is distinct from $2 returning id',
        values: [account, except ?? null],
      });
      return rows.map((row) => row.id);
    });
    this.#tell(ended);
  }

  /** The account has changed (its role): what is known of its sessions is read anew. */
  forget(account: AccountId): void {
    for (const [id, { session }] of this.#known) {
      if (session.account === account) this.#known.delete(id);
    }
  }

  /** Forgets sessions that have ended, and tells whoever holds their sockets. */
  #tell(ids: readonly SessionId[]): void {
    const now = performance.now();
    for (const [old, at] of this.#ended) if (now - at > ENDED_MS) this.#ended.delete(old);
    for (const id of ids) {
      this.#known.delete(id);
      this.#ended.set(id, now);
      for (const listener of this.#endListeners) listener(id);
    }
  }
}

/** A log-in as its owner sees it. Times on the wall clock, ms. */
export interface SessionRecord {
  readonly id: SessionId;
  readonly device: string;
  readonly address: string;
  readonly createdAt: number;
  readonly lastUsedAt: number;
}

interface SessionRecordRow {
  id: SessionId;
  device: string;
  address: string;
  created_at: Date;
  last_used_at: Date;
}

interface SessionRow {
  id: SessionId;
  account_id: AccountId;
  role: AccountRole;
}

const SELECT = 'select s.id, s.account_id, a.role';
const FROM = 'from sessions s join accounts a on a.id = s.account_id';
/**
 * $2 is now, $3 the time before which a session that was not used since has ended, $4 the roles
 * whose sessions must have passed a second factor.
 */
const ALIVE = `a.is_active and s.expires_at > $2 and s.last_used_at > $3
  and (s.second_factor_at is not null or a.role <> all($4::text[]))`;

const toSession = (row: SessionRow): Session => ({
  id: row.id,
  account: row.account_id,
  role: row.role,
});

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
