import type {
  ClientId,
  CreateLegalHoldBody,
  HoldableGroupsAnswer,
  LegalHold,
  LegalHoldsPage,
} from '@parley/protocol';
import { query } from './query.ts';
import type { ReadOptions, RestSession } from './rest-session.ts';

/** An export reads all messages of the hold. */
const EXPORT_MS = 600_000;

/** Legal holds over REST, for the owners of the server. */
export class LegalHoldsApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  /** Lists the legal holds, the latest first, with released ones. */
  list(
    request: { limit?: number; after?: string } = {},
    options: ReadOptions = {},
  ): Promise<LegalHoldsPage> {
    return this.#api.request('GET', `/admin/legal-holds${query(request)}`, options);
  }

  /** Returns a legal hold. */
  get(hold: string): Promise<LegalHold> {
    return this.#api.request('GET', `/admin/legal-holds/${hold}`);
  }

  /** Places a legal hold over accounts and conversations. */
  place(body: CreateLegalHoldBody, id?: ClientId): Promise<LegalHold> {
    return this.#api.request('POST', '/admin/legal-holds', { body, id });
  }

  /**
   * Releases a legal hold; the server then deletes what only this hold has kept. Requires a recent
   * login.
   */
  release(hold: string): Promise<LegalHold> {
    return this.#api.request('POST', `/admin/legal-holds/${hold}/release`);
  }

  /** Returns the messages that a legal hold covers, as JSON Lines. Requires a recent login. */
  exportMessages(hold: string): Promise<string> {
    const path = `/admin/legal-holds/${hold}/export`;
    return this.#api.request('GET', path, { timeoutMs: EXPORT_MS, as: 'text' });
  }

  /** Finds groups by a part of their names, including private and deleted ones. */
  findGroups(search: string): Promise<HoldableGroupsAnswer> {
    return this.#api.request('GET', `/admin/legal-holds/groups${query({ search })}`);
  }
}
