import type { ClientId, CommandAnswer, ConversationId, HiddenMessage, Seq } from '@parley/protocol';
import type { ReadOptions, RestSession } from './rest-session.ts';

/** Hidden messages over REST, for moderators, who may delete the messages of others. */
export class ModerationApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  /** Hides a message from everyone but moderators. */
  hideMessage(conversation: ConversationId, message: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.#api.request('PUT', pathOf(conversation, message), { id });
  }

  /** Shows a hidden message again. */
  unhideMessage(conversation: ConversationId, message: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.#api.request('DELETE', pathOf(conversation, message), { id });
  }

  /** Returns the content of a hidden message. The server records who reads it. */
  hiddenMessage(
    conversation: ConversationId,
    message: Seq,
    options: ReadOptions = {},
  ): Promise<HiddenMessage> {
    return this.#api.request('GET', pathOf(conversation, message), options);
  }
}

const pathOf = (conversation: ConversationId, message: Seq): string =>
  `/conversations/${conversation}/messages/${message}/hidden`;
