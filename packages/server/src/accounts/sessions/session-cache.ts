import type { AccountId, SessionId } from '@parley/protocol';
import type { Session } from '../../http/authenticate.ts';

/** A valid session is cached for this long, ms. */
const CACHED_MS = 2_000;
const CACHE_MAX = 50_000;
/** Longer than any query may take. */
const ENDED_MS = 60_000;

/** The sessions that were valid moments ago on this node, so that most requests need no query for them. */
export class SessionCache {
  readonly #sessions = new Map<SessionId, { session: Session; until: number }>();
  /** When sessions ended: results of queries that were in flight then are not cached. */
  readonly #ended = new Map<SessionId, number>();

  /** Returns a session that is still cached. */
  get(id: SessionId): Session | undefined {
    const cached = this.#sessions.get(id);
    return cached && cached.until > performance.now() ? cached.session : undefined;
  }

  /** Caches a session that the database has. Returns false if it has ended meanwhile. */
  add(session: Session): boolean {
    if (this.#ended.has(session.id)) return false;
    if (this.#sessions.size >= CACHE_MAX) this.#sessions.clear();
    this.#sessions.set(session.id, { session, until: performance.now() + CACHED_MS });
    return true;
  }

  /** Removes a session. */
  delete(id: SessionId): void {
    this.#sessions.delete(id);
  }

  /** Removes the sessions of an account. */
  deleteOf(account: AccountId): void {
    for (const [id, { session }] of this.#sessions) {
      if (session.account === account) this.#sessions.delete(id);
    }
  }

  /** Removes a session that has ended, for good. */
  end(id: SessionId): void {
    const now = performance.now();
    for (const [old, at] of this.#ended) if (now - at > ENDED_MS) this.#ended.delete(old);
    this.#sessions.delete(id);
    this.#ended.set(id, now);
  }
}
