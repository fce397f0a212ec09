import type {
  AccountId,
  Ban,
  ClientId,
  Conversation,
  ConversationId,
  CreatedGroupLink,
  CreateGroupLinkBody,
  GroupLink,
  LinkedGroup,
  LinkId,
} from '@parley/protocol';
import type { ListRequest, Page } from './lists.ts';
import { query } from './query.ts';
import type { ReadOptions, RestSession } from './rest-session.ts';

/** Bans from groups, and links to join them, over REST. */
export class AdmissionApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  // ---- bans --------------------------------------------------------------------------------------

  /** Returns a page of the accounts that are banned from a group. */
  bans(
    conversation: ConversationId,
    request: ListRequest = {},
    options: ReadOptions = {},
  ): Promise<Page<Ban>> {
    return this.#api.request(
      'GET',
      `/conversations/${conversation}/bans${query(request)}`,
      options,
    );
  }

  /** Bans an account from a group, and removes it if it is a member. */
  ban(conversation: ConversationId, account: AccountId, id?: ClientId): Promise<void> {
    return this.#api.request('PUT', `/conversations/${conversation}/bans/${account}`, { id });
  }

  /** Lifts a ban: the account may join again. */
  unban(conversation: ConversationId, account: AccountId, id?: ClientId): Promise<void> {
    return this.#api.request('DELETE', `/conversations/${conversation}/bans/${account}`, { id });
  }

  // ---- links -------------------------------------------------------------------------------------

  /** Returns the links of a group that can still be used. */
  async groupLinks(conversation: ConversationId, options: ReadOptions = {}): Promise<GroupLink[]> {
    const path = `/conversations/${conversation}/links`;
    return (await this.#api.request<{ items: GroupLink[] }>('GET', path, options)).items;
  }

  /** Creates a link to join a group. Its URL is returned only here. */
  createGroupLink(
    conversation: ConversationId,
    limits: CreateGroupLinkBody = {},
    id?: ClientId,
  ): Promise<CreatedGroupLink> {
    return this.#api.request('POST', `/conversations/${conversation}/links`, { body: limits, id });
  }

  revokeGroupLink(conversation: ConversationId, link: LinkId, id?: ClientId): Promise<void> {
    return this.#api.request('DELETE', `/conversations/${conversation}/links/${link}`, { id });
  }

  /** Returns the preview of a group for the holder of a link. `token` is the fragment of its URL. */
  linkedGroup(token: string, options: ReadOptions = {}): Promise<LinkedGroup> {
    return this.#api.request('POST', '/group-links/show', { body: { token }, ...options });
  }

  /** Joins the group of a link. */
  joinByLink(token: string, id?: ClientId): Promise<Conversation> {
    return this.#api.request('POST', '/group-links/join', { body: { token }, id });
  }
}
