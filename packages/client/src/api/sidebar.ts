import type {
  ClientId,
  ConversationId,
  MoveConversationsBody,
  SectionId,
  Seq,
  Sidebar,
  UpdateSectionBody,
} from '@parley/protocol';
import type { RestSession } from './rest-session.ts';

/**
 * The sidebar over REST. All devices receive each change, which is sent even if the page closes meanwhile.
 */
export class SidebarApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  /** Returns the sections and placements. */
  get(): Promise<Sidebar> {
    return this.#api.request('GET', '/me/sidebar');
  }

  /** Sets whether only conversations with unread messages are shown. */
  setUnreadOnly(unreadOnly: boolean, id?: ClientId): Promise<Sidebar> {
    return this.#api.request('PATCH', '/me/sidebar', { body: { unreadOnly }, id, keepalive: true });
  }

  /** Creates a section below the favorites. Its id is `id`. */
  createSection(name: string, id?: ClientId): Promise<Sidebar> {
    return this.#api.request('POST', '/me/sidebar/sections', {
      body: { name },
      id,
      keepalive: true,
    });
  }

  /** Changes a section; absent fields are unchanged. */
  changeSection(section: SectionId, change: UpdateSectionBody, id?: ClientId): Promise<Sidebar> {
    return this.#api.request('PATCH', `/me/sidebar/sections/${section}`, {
      body: change,
      id,
      keepalive: true,
    });
  }

  /** Deletes a section. Its conversations return to the sections of their kinds. */
  deleteSection(section: SectionId, id?: ClientId): Promise<Sidebar> {
    return this.#api.request('DELETE', `/me/sidebar/sections/${section}`, { id });
  }

  /** Moves conversations into a section, in this order. */
  move(move: MoveConversationsBody, id?: ClientId): Promise<Sidebar> {
    return this.#api.request('POST', '/me/sidebar/moves', { body: move, id, keepalive: true });
  }

  /** Closes a direct conversation, whose events up to `seq` the account has seen, and marks them as read. */
  close(conversation: ConversationId, seq: Seq, id?: ClientId): Promise<Sidebar> {
    return this.#api.request('PUT', `/me/sidebar/closed/${conversation}`, {
      body: { seq },
      id,
      keepalive: true,
    });
  }

  /** Shows a closed conversation again. */
  reopen(conversation: ConversationId, id?: ClientId): Promise<Sidebar> {
    return this.#api.request('DELETE', `/me/sidebar/closed/${conversation}`, {
      id,
      keepalive: true,
    });
  }
}
