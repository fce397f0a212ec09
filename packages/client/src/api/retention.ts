import type {
  ClientId,
  ConversationId,
  ConversationRetention,
  ExpiredCount,
  MessageRetention,
  ServerExpiredQuery,
} from '@parley/protocol';
import { query } from './query.ts';
import type { ReadOptions, RestSession } from './rest-session.ts';

/** Message retention over REST. */
export class RetentionApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  /**
   * Returns how long a conversation keeps messages. It may have changed after `conversation.updated` with
   * `retention`, and after `server.updated`.
   */
  of(conversation: ConversationId, options: ReadOptions = {}): Promise<ConversationRetention> {
    return this.#api.request('GET', `/conversations/${conversation}/retention`, options);
  }

  /** Changes how long a group keeps messages; older ones are permanently deleted. */
  change(
    conversation: ConversationId,
    retention: MessageRetention,
    id?: ClientId,
  ): Promise<ConversationRetention> {
    const path = `/conversations/${conversation}/retention`;
    return this.#api.request('PUT', path, { body: { retention }, id, keepalive: true });
  }

  /** Counts the messages of a group that would be deleted with this number of days. */
  countExpired(conversation: ConversationId, days: number): Promise<ExpiredCount> {
    const path = `/conversations/${conversation}/retention/expired${query({ days })}`;
    return this.#api.request('GET', path);
  }

  /** Counts the messages of the whole server that these settings would delete, for admins. */
  countAllExpired(settings: ServerExpiredQuery): Promise<ExpiredCount> {
    return this.#api.request('GET', `/admin/retention/expired${query({ ...settings })}`);
  }
}
