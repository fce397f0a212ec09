import type {
  ChangedOverride,
  ClientId,
  ConversationId,
  NotificationSettingsAnswer,
  Seq,
  UpdateNotificationsBody,
  UpdateOverrideBody,
  WhyNotified,
} from '@parley/protocol';
import { NotificationDevicesApi } from './notification-devices.ts';
import { query } from './query.ts';
import type { ReadOptions, RestSession } from './rest-session.ts';

/** Notification settings over REST. Changes are sent even if the page closes meanwhile. */
export class NotificationsApi {
  readonly #api: RestSession;
  readonly devices: NotificationDevicesApi;

  constructor(api: RestSession) {
    this.#api = api;
    this.devices = new NotificationDevicesApi(api);
  }

  /** Returns the general settings and the overrides. */
  settings(): Promise<NotificationSettingsAnswer> {
    return this.#api.request('GET', '/me/notifications');
  }

  /** Returns why the account was or was not notified of a message. */
  why(conversation: ConversationId, seq: Seq, options: ReadOptions = {}): Promise<WhyNotified> {
    return this.#api.request('GET', `/notifications/why${query({ conversation, seq })}`, options);
  }

  /** Changes the general settings; absent fields are unchanged. All devices receive the change. */
  change(change: UpdateNotificationsBody, id?: ClientId): Promise<NotificationSettingsAnswer> {
    return this.#api.request('PATCH', '/me/notifications', { body: change, id, keepalive: true });
  }

  /** Changes the override of a conversation; null removes a value, absent fields are unchanged. */
  changeConversation(
    conversation: ConversationId,
    change: UpdateOverrideBody,
    id?: ClientId,
  ): Promise<ChangedOverride> {
    const path = `/me/notifications/conversations/${conversation}`;
    return this.#api.request('PATCH', path, { body: change, id, keepalive: true });
  }

  /** Changes the override of the thread under a message, like that of a conversation. */
  changeThread(
    conversation: ConversationId,
    thread: Seq,
    change: UpdateOverrideBody,
    id?: ClientId,
  ): Promise<ChangedOverride> {
    const path = `/me/notifications/conversations/${conversation}/threads/${thread}`;
    return this.#api.request('PATCH', path, { body: change, id, keepalive: true });
  }
}
