import { timingSafeEqual } from 'node:crypto';
import type { AccountId, AccountRole, SessionId } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Session } from '../../http/authenticate.ts';
import { refuse } from '../../http/errors.ts';
import { mayAct } from '../../permissions/account-state.ts';
import type { Clock } from '../../runtime/clock.ts';
import { BatchedRead } from '../../storage/batched-read.ts';
import { withTransaction } from '../../storage/database.ts';
import { isSecondFactor, type Proof } from './proof.ts';
import { SessionCache } from './session-cache.ts';
import {
  boxSuccessor,
  isOfFamily,
  newFamilyKey,
  newToken,
  openSuccessor,
  type ParsedToken,
  parseToken,
} from './session-tokens.ts';

const DAY_MS = 86_400_000;
/** A session that is unused for this long expires; any session expires after the longer time. */
const IDLE_MS = 30 * DAY_MS;
const ABSOLUTE_MS = 180 * DAY_MS;
/** The checks of sessions that share a query, and the queries at a time. */
const CHECKS = { keys: 64, reads: 2 };
/** A login is recent for this long. */
const RECENT_MS = 10 * 60_000;
/** A replaced token still returns its successor for this long, in case the response was lost. */
const GRACE_MS = 30_000;

/**
 * Sessions. Their tokens have 256 random bits and are stored only as SHA-256.
 *
 * 1. A session is checked with one indexed query, or none within two seconds of the last one. Checks at the same
 *    time share a query, which begins after all of them were requested.
 * 2. Its end takes effect at once on this node, for requests and sockets.
 * 3. A token has one successor, however often it is requested. When a token is reused after its
 *    successor should have arrived, one of them was stolen: the session ends.
 */
export class Sessions {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #twoFactorRoles: readonly AccountRole[];
  readonly #rows: BatchedRead<SessionId, SessionRow | undefined>;
  readonly #cache = new SessionCache();
  readonly #endListeners: ((session: SessionId) => void)[] = [];
  readonly #reuseListeners: ((session: SessionId, account: AccountId) => Promise<void>)[] = [];

  /** Accounts of the `twoFactorRoles` need sessions that have passed a second factor. */
  constructor(pool: pg.Pool, clock: Clock, twoFactorRoles: readonly AccountRole[] = []) {
    this.#twoFactorRoles = twoFactorRoles;
    this.#pool = pool;
    this.#clock = clock;
    this.#rows = new BatchedRead((ids) => this.#rowsOf(ids), CHECKS);
  }

  /** Called with each session that ends on this node, so that its sockets are closed. */
  onEnded(listener: (session: SessionId) => void): void {
    this.#endListeners.push(listener);
  }

  /** Called with each session that ended because an old token was reused; awaited. */
  onReuse(listener: (session: SessionId, account: AccountId) => Promise<void>): void {
    this.#reuseListeners.push(listener);
  }

  /**
   * Starts a session; only the caller learns its token. Null when the account is inactive, or its
   * credentials have changed since they were checked: the row lock orders this login and a
   * concurrent deactivation or password change.
   */
  async begin(proof: Proof, device: string, address: string): Promise<SessionToken | null> {
    const { account, credentials, passed } = proof;
    const id = uuidv7() as SessionId;
    const familyKey = newFamilyKey();
    const token = newToken(id, familyKey);
    const now = this.#clock.now();
    const { rowCount } = await this.#pool.query({
      name: 'sessions-begin',
      // Removes the expired sessions of the account in the same statement.
      text: `with past as (
               delete from sessions where account_id = $2 and (expires_at <= $6 or last_used_at <= $8)
             ), account as (
               select id from accounts a
               where id = $2 and ${mayAct('a')} and credentials_version = $9
               for share
             )
             insert into sessions
               (id, account_id, token_hash, device, address, created_at, last_used_at, expires_at,
                family_key, second_factor_at, authenticated_at)
             select $1, id, $3, $4, $5, $6, $6, $7, $10, case when $11 then $6::timestamptz end, $6
             from account`,
      values: [
        id,
        account,
        token.hash,
        device,
        address,
        new Date(now),
        new Date(now + ABSOLUTE_MS),
        new Date(now - IDLE_MS),
        credentials,
        familyKey,
        passed.some(isSecondFactor),
      ],
    });
    return rowCount === 1 ? { id, account, token: token.text, expiresAt: now + ABSOLUTE_MS } : null;
  }

  /** Returns the session of a token without changing it; null when it is unknown or has ended. */
  async byToken(text: string): Promise<Session | null> {
    const token = parseToken(text);
    const row = token && (await this.#row(token.session));
    if (!row || !(await this.#acceptOrEnd(token, row))) return null;
    return toSession(row);
  }

  /**
   * Exchanges a token for its successor; concurrent callers get the same one. Null when the session
   * is unknown or has ended, or ends now because the token was replaced long ago. `allow` is called
   * before anything changes and may throw.
   */
  async rotate(
    text: string,
    allow: (session: SessionId) => Promise<void>,
  ): Promise<SessionToken | null> {
    const token = parseToken(text);
    const before = token && (await this.#row(token.session));
    if (!before || !(await this.#acceptOrEnd(token, before))) return null;
    const { id, account_id: account } = before;
    await allow(id);
    const expiresAt = before.expires_at.getTime();
    const now = this.#clock.now();
    if (timingSafeEqual(token.hash, before.token_hash)) {
      const successor = newToken(id, before.family_key);
      const { rowCount } = await this.#pool.query({
        name: 'sessions-rotate',
        text: `update sessions
               set token_hash = $3, previous_hash = $2, successor_box = $4, rotated_at = $5,
                   last_used_at = greatest(last_used_at, $5)
               where id = $1 and token_hash = $2`,
        values: [id, token.hash, successor.hash, boxSuccessor(token, successor), new Date(now)],
      });
      if (rowCount === 1) return { id, account, token: successor.text, expiresAt };
    }
    // A concurrent request was first: its token is the successor.
    const row = await this.#row(id);
    if (!row?.successor_box || !(await this.#acceptOrEnd(token, row))) return null;
    return { id, account, token: openSuccessor(token, row.successor_box), expiresAt };
  }

  /**
   * Returns true for the newest token of the session, and for its predecessor within the grace period. Ends the session
   * when the token was replaced before that.
   */
  async #acceptOrEnd(token: ParsedToken, row: TokenRow): Promise<boolean> {
    if (timingSafeEqual(token.hash, row.token_hash)) return true;
    if (!isOfFamily(token, row.family_key)) return false;
    const { previous_hash: previous, rotated_at: at } = row;
    const isPrevious = previous !== null && timingSafeEqual(token.hash, previous);
    if (isPrevious && at && this.#clock.now() - at.getTime() < GRACE_MS) return true;
    await this.end(row.id);
    for (const listener of this.#reuseListeners) await listener(row.id, row.account_id);
    return false;
  }

  async #row(id: SessionId): Promise<TokenRow | null> {
    const now = this.#clock.now();
    const { rows } = await this.#pool.query<TokenRow>({
      name: 'sessions-tokens',
      text: `${SELECT}, s.token_hash, s.previous_hash, s.successor_box, s.rotated_at, s.family_key,
                    s.expires_at
             ${FROM} where s.id = $1 and ${ALIVE}`,
      values: [id, new Date(now), new Date(now - IDLE_MS), this.#twoFactorRoles],
    });
    return rows[0] ?? null;
  }

  /**
   * Returns the session with this id; null when it has ended. `fresh` always queries the database:
   * for connections that outlive a request.
   */
  async byId(id: SessionId, { fresh = false } = {}): Promise<Session | null> {
    const cached = fresh ? undefined : this.#cache.get(id);
    if (cached) return cached;
    const row = await this.#rows.get(id);
    if (!row) {
      this.#cache.delete(id);
      return null;
    }
    const session = toSession(row);
    return this.#cache.add(session) ? session : null;
  }

  /** Returns the rows of the sessions, in this order; undefined for each that has ended. */
  async #rowsOf(ids: readonly SessionId[]): Promise<(SessionRow | undefined)[]> {
    const now = this.#clock.now();
    const { rows } = await this.#pool.query<SessionRow>({
      name: 'sessions-by-id',
      text: `${SELECT} ${FROM} where s.id = any($1::uuid[]) and ${ALIVE}`,
      values: [ids, new Date(now), new Date(now - IDLE_MS), this.#twoFactorRoles],
    });
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id));
  }

  /** Returns the active sessions of an account, most recently used first. */
  async list(account: AccountId): Promise<SessionRecord[]> {
    const now = this.#clock.now();
    const { rows } = await this.#pool.query<SessionRecordRow>({
      name: 'sessions-list',
      text: `select s.id, s.device, s.address, s.created_at, s.last_used_at
             ${FROM} where s.account_id = $1 and ${ALIVE}
             order by s.last_used_at desc, s.id desc`,
      values: [account, new Date(now), new Date(now - IDLE_MS), this.#twoFactorRoles],
    });
    return rows.map((row) => ({
      id: row.id,
      device: row.device,
      address: row.address,
      createdAt: row.created_at.getTime(),
      lastUsedAt: row.last_used_at.getTime(),
    }));
  }

  /** Ends a session of this account; false when it belongs to another one. */
  async endOwn(account: AccountId, id: SessionId): Promise<boolean> {
    const { rows } = await this.#pool.query<{ id: SessionId }>({
      name: 'sessions-end-own',
      text: 'delete from sessions where id = $1 and account_id = $2 returning id',
      values: [id, account],
    });
    this.#announceEnd(rows.map((row) => row.id));
    return rows.length === 1;
  }

  /** Records that the holder of the session has just proved their identity. */
  async authenticated(id: SessionId): Promise<void> {
    await this.#pool.query({
      name: 'sessions-authenticated',
      text: 'update sessions set authenticated_at = $2 where id = $1',
      values: [id, new Date(this.#clock.now())],
    });
  }

  /**
   * Requires that the holder of the session proved their identity within the last ten minutes.
   * @throws {RefusalError} reauthentication_required
   */
  async requireRecent(id: SessionId): Promise<void> {
    const { rows } = await this.#pool.query({
      name: 'sessions-recent',
      text: 'select from sessions where id = $1 and authenticated_at > $2',
      values: [id, new Date(this.#clock.now() - RECENT_MS)],
    });
    if (rows.length === 0) refuse('reauthentication_required');
  }

  /** Returns which of the sessions are active. */
  async alive(ids: readonly SessionId[]): Promise<Set<SessionId>> {
    const now = this.#clock.now();
    const { rows } = await this.#pool.query<{ id: SessionId }>({
      name: 'sessions-alive',
      text: `select s.id ${FROM} where s.id = any($1::uuid[]) and ${ALIVE}`,
      values: [ids, new Date(now), new Date(now - IDLE_MS), this.#twoFactorRoles],
    });
    const alive = new Set(rows.map((r) => r.id));
    // Drops sessions from the cache that another node has ended.
    for (const id of ids) if (!alive.has(id)) this.#cache.delete(id);
    return alive;
  }

  /** Ends a session. */
  async end(id: SessionId): Promise<void> {
    await this.#pool.query({
      name: 'sessions-end',
      text: 'delete from sessions where id = $1',
      values: [id],
    });
    this.#announceEnd([id]);
  }

  /**
   * Ends all sessions of an account, or all but one, in the transaction of the change that is the
   * reason (a new password, a deactivation). A change that must fail logins in progress increments
   * `credentials_version` or clears `is_active`.
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
    await this.endAllIf(
      account,
      async (client) => {
        await change?.(client);
        return { end: true, value: undefined };
      },
      except,
    );
  }

  /** Like {@link endAll}, if the change returns true; the change is kept in either case. */
  async endAllIf<T>(
    account: AccountId,
    change: (client: pg.PoolClient) => Promise<{ readonly end: boolean; readonly value: T }>,
    except?: SessionId,
  ): Promise<T> {
    const { ended, value } = await withTransaction(this.#pool, async (client) => {
      const changed = await change(client);
      if (!changed.end) return { ended: [], value: changed.value };
      // Browsers to which notifications are pushed end with their session; these were added by one that ends.
      await client.query({
        name: 'sessions-end-devices',
        text: `delete from notification_devices
               where account_id = $1 and session_id is null and added_by is distinct from $2`,
        values: [account, except ?? null],
      });
      const { rows } = await client.query<{ id: SessionId }>({
        name: 'sessions-end-all',
        text: 'delete from sessions where account_id = $1 and id is distinct from $2 returning id',
        values: [account, except ?? null],
      });
      return { ended: rows.map((row) => row.id), value: changed.value };
    });
    this.#announceEnd(ended);
    return value;
  }

  /** Drops the sessions of an account from the cache after a change, such as its role. */
  forget(account: AccountId): void {
    this.#cache.deleteOf(account);
  }

  /** Drops a session from the cache that has ended on another node. */
  forgetEnded(id: SessionId): void {
    this.#cache.end(id);
  }

  /** Drops sessions that have ended and notifies the owner of their sockets. */
  #announceEnd(ids: readonly SessionId[]): void {
    for (const id of ids) {
      this.forgetEnded(id);
      for (const listener of this.#endListeners) listener(id);
    }
  }
}

/** A session with its token, which is not stored. */
export interface SessionToken {
  readonly id: SessionId;
  readonly account: AccountId;
  readonly token: string;
  /** Wall clock, ms. */
  readonly expiresAt: number;
}

/** A session as its user sees it. Times on the wall clock, ms. */
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

interface TokenRow extends SessionRow {
  token_hash: Buffer;
  previous_hash: Buffer | null;
  successor_box: Buffer | null;
  rotated_at: Date | null;
  family_key: Buffer;
  expires_at: Date;
}

const SELECT = 'select s.id, s.account_id, a.role';
const FROM = 'from sessions s join accounts a on a.id = s.account_id';
/**
 * $2 is the current time, $3 the time before which unused sessions have expired, $4 the roles whose
 * sessions must have passed a second factor.
 */
const ALIVE = `${mayAct('a')} and s.expires_at > $2 and s.last_used_at > $3
  and (s.second_factor_at is not null or a.role <> all($4::text[]))`;

const toSession = (row: SessionRow): Session => ({
  id: row.id,
  account: row.account_id,
  role: row.role,
});
