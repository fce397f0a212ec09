import type { ClientId, CommandAnswer, ConversationId, HiddenMessage, Seq } from '@parley/protocol';
import type { ReadOptions, RestSession } from './rest-session.ts';

/** Hiding of messages over REST, for moderators: those who may delete the messages of others. */
export class ModerationApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  /** Hides what a message says from everyone but moderators. */
  hideMessage(conversation: ConversationId, message: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.#api.request('PUT', pathOf(conversation, message), { id });
  }

  /** Shows a hidden message again. */
  unhideMessage(conversation: ConversationId, message: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.#api.request('DELETE', pathOf(conversation, message), { id });
  }

  /** Returns what a hidden message says. The server records who reads it. */
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
