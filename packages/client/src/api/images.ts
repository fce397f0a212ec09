import type {
  ClientId,
  Conversation,
  ConversationId,
  FileId,
  ImageId,
  ImageSize,
  ImageTokenAnswer,
  Me,
  ServerSettings,
} from '@parley/protocol';
import type { RestSession } from './rest-session.ts';

/** Avatars and the icon of the server over REST. Each is made from a previously uploaded file. */
export class ImagesApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  /** Makes a file the avatar of the user’s own account. */
  setAvatar(file: FileId): Promise<Me> {
    return this.#api.request('PUT', '/me/avatar', { body: { file } });
  }

  /** Removes the avatar of the user’s own account. */
  removeAvatar(): Promise<Me> {
    return this.#api.request('DELETE', '/me/avatar');
  }

  /** Makes a file the avatar of a group. */
  setGroupAvatar(group: ConversationId, file: FileId, id?: ClientId): Promise<Conversation> {
    return this.#api.request('PUT', `/conversations/${group}/avatar`, { body: { file }, id });
  }

  /** Removes the avatar of a group. */
  removeGroupAvatar(group: ConversationId, id?: ClientId): Promise<Conversation> {
    return this.#api.request('DELETE', `/conversations/${group}/avatar`, { id });
  }

  /** Makes a file the icon of the server. */
  setServerIcon(file: FileId, id?: ClientId): Promise<ServerSettings> {
    return this.#api.request('PUT', '/admin/server-settings/icon', { body: { file }, id });
  }

  /** Removes the icon of the server. */
  removeServerIcon(id?: ClientId): Promise<ServerSettings> {
    return this.#api.request('DELETE', '/admin/server-settings/icon', { id });
  }

  /** Returns the token with which a browser loads images, for {@link imageUrl}. Valid until the session ends. */
  token(): Promise<ImageTokenAnswer> {
    return this.#api.request('GET', '/images/token');
  }
}

/**
 * Returns the URL of an image, with a token of {@link ImagesApi.token}. It always shows the same
 * image.
 */
export const imageUrl = (image: ImageId, size: ImageSize, token: string): string =>
  `/api/v1/images/${image}?size=${size}&token=${encodeURIComponent(token)}`;
