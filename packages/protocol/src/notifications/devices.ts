import { Timestamp } from '../base/bounds.ts';
import { NotificationDeviceId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { line } from '../base/text.ts';
import { z } from '../base/z.ts';
import { DeliveryFailure } from './health.ts';

/** Devices that notifications are pushed to while no device is in use. */

const ADDRESS_MAX = 1_000;
const Name = line(100, 'Name');
const Address = z
  .url({ protocol: /^https?$/, message: 'Enter an address with https://' })
  .max(ADDRESS_MAX);
const Base64Url = z
  .string()
  .max(200)
  .regex(/^[\w-]+={0,2}$/, 'Must be base64url');

/**
 * A device to which notifications are pushed: `web_push` is a browser, until its session ends; `ntfy` is a topic of an
 * ntfy server, which apps on a phone or computer subscribe to.
 */
export const NotificationDevice = z
  .object({
    id: NotificationDeviceId,
    kind: z.enum(['web_push', 'ntfy']),
    name: z.string(),
    /** The host of the push server; empty if the address of the device can no longer be decrypted. */
    host: z.string(),
    /** Whether it belongs to the session of the request. */
    isCurrent: z.boolean(),
    /** Whether notifications contain names and the text of the message. */
    showsContent: z.boolean(),
    createdAt: Timestamp,
    lastSentAt: Timestamp.nullable(),
    /** Why the last attempt failed; null: it did not. */
    lastFailure: DeliveryFailure.nullable(),
  })
  .meta({ id: 'NotificationDevice' });
export type NotificationDevice = z.infer<typeof NotificationDevice>;

/** The devices of an account, and the public key with which browsers subscribe (VAPID, RFC 8292). */
export const NotificationDevicesAnswer = z
  .object({
    publicKey: z.string(),
    items: z.array(NotificationDevice).max(LIMITS.notificationDevices),
  })
  .meta({ id: 'NotificationDevicesAnswer' });
export type NotificationDevicesAnswer = z.infer<typeof NotificationDevicesAnswer>;

/** The browser of this session, as `PushSubscription.toJSON()` describes it. */
const AddBrowser = z.object({
  kind: z.literal('web_push'),
  endpoint: Address,
  keys: z.object({ p256dh: Base64Url, auth: Base64Url }),
  name: Name,
  showsContent: z.boolean().optional(),
});

/** A topic of an ntfy server. */
const AddTopic = z.object({
  kind: z.literal('ntfy'),
  /** The server and the topic, such as `https://ntfy.sh/my-topic`. */
  url: Address,
  /** An access token of the ntfy server. */
  token: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'Must be a token')
    .optional(),
  name: Name,
  showsContent: z.boolean().optional(),
});

/** The outcome of a test notification; null: it was sent. */
export const TestDeviceAnswer = z
  .object({ failure: DeliveryFailure.nullable() })
  .meta({ id: 'TestDeviceAnswer', examples: [{ failure: null }] });
export type TestDeviceAnswer = z.infer<typeof TestDeviceAnswer>;

/** A device to add. Notifications contain the text of messages unless `showsContent` is false. */
export const AddNotificationDeviceBody = z.discriminatedUnion('kind', [AddBrowser, AddTopic]).meta({
  examples: [
    {
      kind: 'ntfy',
      url: 'https://ntfy.example.org/my-topic',
      name: 'My phone',
      showsContent: false,
    },
  ],
});
export type AddNotificationDeviceBody = z.infer<typeof AddNotificationDeviceBody>;

/** A change to a device; absent fields are unchanged. */
export const UpdateNotificationDeviceBody = z
  .object({ name: Name, showsContent: z.boolean() })
  .partial();
export type UpdateNotificationDeviceBody = z.infer<typeof UpdateNotificationDeviceBody>;
