import type {
  ClientId,
  ConversationId,
  NotificationOverride,
  NotificationSettingsAnswer,
  Seq,
  UpdateNotificationsBody,
  UpdateOverrideBody,
  WhyNotified,
} from '@parley/protocol';
import { NotificationDevicesApi } from './api-notification-devices.ts';
import { query } from './query.ts';
import type { ReadOptions, RestSession } from './rest-session.ts';

/** What the account wants to be notified of, over REST. */
export class NotificationsApi {
  readonly #api: RestSession;
  readonly devices: NotificationDevicesApi;

  constructor(api: RestSession) {
    this.#api = api;
    this.devices = new NotificationDevicesApi(api);
  }

  /** Returns the general settings, and those of conversations and threads. */
  settings(): Promise<NotificationSettingsAnswer> {
    return this.#api.request('GET', '/me/notifications');
  }

  /** Returns why the account was notified of a message, or was not. */
  why(conversation: ConversationId, seq: Seq, options: ReadOptions = {}): Promise<WhyNotified> {
    return this.#api.request('GET', `/notifications/why${query({ conversation, seq })}`, options);
  }

  /** Changes the general settings; absent fields stay as they are. All devices learn of it. */
  change(change: UpdateNotificationsBody, id?: ClientId): Promise<NotificationSettingsAnswer> {
    return this.#api.request('PATCH', '/me/notifications', { body: change, id });
  }

  /** Changes the settings of a conversation; null removes one, absent fields stay as they are. */
  changeConversation(
    conversation: ConversationId,
    change: UpdateOverrideBody,
    id?: ClientId,
  ): Promise<NotificationOverride> {
    const path = `/me/notifications/conversations/${conversation}`;
    return this.#api.request('PATCH', path, { body: change, id });
  }

  /** Changes the settings of the thread under a message, like those of a conversation. */
  changeThread(
    conversation: ConversationId,
    thread: Seq,
    change: UpdateOverrideBody,
    id?: ClientId,
  ): Promise<NotificationOverride> {
    const path = `/me/notifications/conversations/${conversation}/threads/${thread}`;
    return this.#api.request('PATCH', path, { body: change, id });
  }
}
