import type {
  AddNotificationDeviceBody,
  NotificationDevice,
  NotificationDeviceId,
  NotificationDevicesAnswer,
  TestDeviceAnswer,
  UpdateNotificationDeviceBody,
} from '@parley/protocol';
import type { ReadOptions, RestSession } from './rest-session.ts';

const PATH = '/me/notifications/devices';

/** The devices to which notifications of the account are pushed, over REST. */
export class NotificationDevicesApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  /** Returns the devices, and the key with which browsers subscribe. */
  list(options: ReadOptions = {}): Promise<NotificationDevicesAnswer> {
    return this.#api.request('GET', PATH, options);
  }

  /** Adds a device. A browser replaces the previous one of this session. */
  add(device: AddNotificationDeviceBody): Promise<NotificationDevice> {
    return this.#api.request('POST', PATH, { body: device });
  }

  /** Changes a device; absent fields are unchanged. */
  change(
    id: NotificationDeviceId,
    change: UpdateNotificationDeviceBody,
  ): Promise<NotificationDevice> {
    return this.#api.request('PATCH', `${PATH}/${id}`, { body: change, keepalive: true });
  }

  /** Removes a device. */
  remove(id: NotificationDeviceId): Promise<void> {
    return this.#api.request('DELETE', `${PATH}/${id}`);
  }

  /** Sends a test notification to a device. `failure` says why it was not sent. */
  test(id: NotificationDeviceId): Promise<TestDeviceAnswer> {
    return this.#api.request('POST', `${PATH}/${id}/test`);
  }
}
