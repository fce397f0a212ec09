import type { ConversationId, Seq } from '@parley/protocol';
import type { Vault } from '../encryption/vault.ts';
import { textsFor } from '../texts/texts.ts';
import type { PushContent } from './content.ts';
import { type PushDevice, UNREADABLE_ADDRESS } from './devices.ts';
import { ntfyRequest } from './ntfy.ts';
import type { PushRequest, PushRequests, PushResult } from './requests.ts';
import type { WebPush } from './web-push.ts';

interface PushDeps {
  readonly vault: Vault;
  readonly requests: PushRequests;
  readonly web: WebPush;
  /** The server’s public address. */
  readonly url: string;
}

/**
 * How long a push server keeps a notification, or the request to close it, for a device that is
 * offline.
 */
const TTL_SECONDS = 24 * 3600;
/** Characters of a topic; RFC 8030 allows 32. */
const TOPIC_CHARACTERS = 24;
/**
 * Apple revokes the subscription of browsers that receive messages without showing a notification.
 */
const APPLE = /(^|\.)push\.apple\.com$/;

const UNREADABLE: PushResult = { kind: 'failed', error: UNREADABLE_ADDRESS };

/** Sends notifications to devices of each kind. */
export class Push {
  readonly #deps: PushDeps;

  constructor(deps: PushDeps) {
    this.#deps = deps;
  }

  /** The key with which browsers subscribe. */
  get publicKey(): string {
    return this.#deps.web.publicKey;
  }

  /** Sends a notification of a message. */
  async send({ address, id }: PushDevice, content: PushContent): Promise<PushResult> {
    const { requests, web } = this.#deps;
    const { isUrgent, ...shown } = content;
    if (!address) return UNREADABLE;
    if (address.kind === 'ntfy') {
      return await this.#publish(ntfyRequest(address, content, this.#link(content)));
    }
    const request = await web.request(address, {
      content: { type: 'message', ...shown },
      topic: this.#topic(id, content.conversation),
      urgency: isUrgent ? 'high' : 'normal',
      ttlSeconds: TTL_SECONDS,
    });
    return await requests.send(request);
  }

  /**
   * Closes the notification of a conversation if it is for this message or an earlier one, where
   * browsers allow it.
   */
  async withdraw(
    { address, id, account }: PushDevice,
    conversation: ConversationId,
    seq: Seq,
  ): Promise<void> {
    const { requests, web } = this.#deps;
    if (address?.kind !== 'web_push' || APPLE.test(new URL(address.url).hostname)) return;
    // It has the topic of the notification, which it replaces if that is undelivered.
    const request = await web.request(address, {
      content: { type: 'close', account, conversation, seq },
      topic: this.#topic(id, conversation),
      urgency: 'normal',
      ttlSeconds: TTL_SECONDS,
    });
    await requests.send(request);
  }

  /** Sends a test notification. */
  async test({ address, id, account, locale }: PushDevice): Promise<PushResult> {
    const { requests, web, url } = this.#deps;
    const { t } = textsFor(locale);
    const [title, body] = [t('push.title'), t('push.test')];
    if (!address) return UNREADABLE;
    if (address.kind === 'ntfy') {
      return await this.#publish(ntfyRequest(address, { title, body, isUrgent: false }, url));
    }
    const request = await web.request(address, {
      content: { type: 'test', account, title, body },
      topic: this.#topic(id, 'test'),
      urgency: 'high',
      ttlSeconds: 60,
    });
    return await requests.send(request);
  }

  /**
   * Publishes to a topic. A topic exists as soon as something is published to it, so 404 and 410 do
   * not mean that the device is gone: they come from a proxy in front of the ntfy server, for
   * instance during an upgrade.
   */
  async #publish(request: PushRequest): Promise<PushResult> {
    const result = await this.#deps.requests.send(request);
    return result.kind === 'gone' ? { kind: 'retry', error: result.error } : result;
  }

  /**
   * The topic of a conversation on a device; it reveals nothing about the conversation to push
   * servers.
   */
  #topic(device: string, of: ConversationId | 'test'): string {
    const mac = this.#deps.vault.mac('push-topic', `${device} ${of}`);
    return mac.toString('base64url').slice(0, TOPIC_CHARACTERS);
  }

  #link({ conversation, thread, seq }: PushContent): string {
    const link = new URL(`/c/${conversation}`, this.#deps.url);
    if (thread !== null) link.searchParams.set('thread', `${thread}`);
    link.hash = `message-${seq}`;
    return link.href;
  }
}
