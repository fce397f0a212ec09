import type {
  ClientId,
  CreateEmojiBody,
  CustomEmoji,
  CustomEmojiAnswer,
  EmojiId,
  UpdateEmojiBody,
} from '@parley/protocol';
import type { RestSession } from './rest-session.ts';

/** Custom emoji of the server over REST. */
export class EmojiApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  /**
   * Returns all custom emoji, the names of deleted ones, and the last event of the workspace stream
   * that the list reflects.
   */
  list(): Promise<CustomEmojiAnswer> {
    return this.#api.request('GET', '/emoji');
  }

  /** Adds a custom emoji, made from an uploaded file that is in no message. */
  add(body: CreateEmojiBody, id?: ClientId): Promise<CustomEmoji> {
    return this.#api.request('POST', '/emoji', { body, id });
  }

  /** Changes the name or the aliases of a custom emoji. Messages and reactions that have it keep it. */
  update(emoji: EmojiId, body: UpdateEmojiBody, id?: ClientId): Promise<CustomEmoji> {
    return this.#api.request('PATCH', `/emoji/${emoji}`, { body, id });
  }

  /** Deletes a custom emoji. Messages and reactions that have it show its name. */
  delete(emoji: EmojiId, id?: ClientId): Promise<void> {
    return this.#api.request('DELETE', `/emoji/${emoji}`, { id });
  }
}
