import type { ClientId, CommandAnswer, ConversationId, Seq } from '@parley/protocol';
import type { RestSession } from './rest-session.ts';

/** Link previews over REST. */
export class PreviewsApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  /**
   * Removes the preview of a link from a message; `url` is that of the preview. The preview does
   * not reappear.
   */
  remove(
    conversation: ConversationId,
    message: Seq,
    url: string,
    id?: ClientId,
  ): Promise<CommandAnswer> {
    const path = `/conversations/${conversation}/messages/${message}/previews/remove`;
    return this.#api.request('POST', path, { body: { url }, id });
  }
}
