import type {
  ClientId,
  CommandAnswer,
  ConversationId,
  SavedMessagesPage,
  ScheduledId,
  ScheduledMessage,
  ScheduledMessages,
  Seq,
} from '@parley/protocol';
import { query } from './query.ts';
import type { ReadOptions, RestSession } from './rest-session.ts';

/** Saved and scheduled messages of the account over REST. */
export class PersonalApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  // ---- saved messages ----------------------------------------------------------------------------

  /** Returns a page of the saved messages; `before` is the `savedSeq` of the last one of the previous page. */
  savedMessages(
    request: { before?: Seq; limit?: number } = {},
    options: ReadOptions = {},
  ): Promise<SavedMessagesPage> {
    return this.#api.request('GET', `/me/saved${query(request)}`, options);
  }

  /**
   * Saves a message, or changes the reminder of a saved one. At `remindAt` (RFC 3339, UTC) all devices get
   * the event `reminder.due`.
   */
  save(
    conversation: ConversationId,
    message: Seq,
    remindAt: string | null = null,
    id?: ClientId,
  ): Promise<CommandAnswer> {
    return this.#api.request('PUT', savedAt(conversation, message), { body: { remindAt }, id });
  }

  /** Removes a message from the saved ones. */
  unsave(conversation: ConversationId, message: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.#api.request('DELETE', savedAt(conversation, message), { id });
  }

  // ---- scheduled messages ------------------------------------------------------------------------

  /** Returns the scheduled messages of the account, the next one first. */
  scheduled(options: ReadOptions = {}): Promise<ScheduledMessages> {
    return this.#api.request('GET', '/me/scheduled', options);
  }

  /**
   * Schedules a message: the server sends it at `sendAt` (RFC 3339, UTC). The event
   * `scheduled.sent` or `scheduled.failed` reports the outcome.
   */
  schedule(
    body: {
      conversation: ConversationId;
      body: string;
      replyTo?: Seq;
      /** The root of the thread in which it is a reply. */
      thread?: Seq;
      alsoInConversation?: boolean;
      sendAt: string;
    },
    id?: ClientId,
  ): Promise<ScheduledMessage> {
    return this.#api.request('POST', '/me/scheduled', { body, id });
  }

  /**
   * Changes the text or the time of a scheduled message. A failed message is then retried; one that
   * failed as too late needs a new `sendAt`.
   */
  changeScheduled(
    scheduled: ScheduledId,
    body: { body?: string; sendAt?: string },
    id?: ClientId,
  ): Promise<ScheduledMessage> {
    return this.#api.request('PATCH', `/me/scheduled/${scheduled}`, { body, id });
  }

  /** Deletes a scheduled message, which is then not sent. */
  deleteScheduled(scheduled: ScheduledId, id?: ClientId): Promise<CommandAnswer> {
    return this.#api.request('DELETE', `/me/scheduled/${scheduled}`, { id });
  }

  /** Sends a scheduled message now. Returns the posted message. */
  sendScheduled(scheduled: ScheduledId, id?: ClientId): Promise<CommandAnswer> {
    return this.#api.request('POST', `/me/scheduled/${scheduled}/send`, { id });
  }
}

const savedAt = (conversation: ConversationId, message: Seq): string =>
  `/conversations/${conversation}/messages/${message}/saved`;
