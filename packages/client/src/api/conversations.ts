import type {
  AccountId,
  ClientId,
  Conversation,
  ConversationId,
  Member,
  MemberRole,
  MinimumRoles,
  PublicGroup,
  UpdateGroupBody,
  Visibility,
} from '@parley/protocol';
import type { ListRequest, Page } from './lists.ts';
import { query } from './query.ts';
import { type ReadOptions, RestSession } from './rest-session.ts';

/** Requests about conversations and their members. */
export class ConversationsApi extends RestSession {
  async conversations(): Promise<Conversation[]> {
    return (await this.request<{ items: Conversation[] }>('GET', '/conversations')).items;
  }

  conversation(id: ConversationId): Promise<Conversation> {
    return this.request('GET', `/conversations/${id}`);
  }

  createGroup(
    group: { name: string; visibility: Visibility; members?: readonly AccountId[] },
    id?: ClientId,
  ): Promise<Conversation> {
    return this.request('POST', '/conversations', { body: group, id });
  }

  openDirect(account: AccountId, id?: ClientId): Promise<Conversation> {
    return this.request('POST', '/conversations/direct', { body: { account }, id });
  }

  /** Returns the direct conversation of this account with several others, at most ten users together. */
  openDirectWith(accounts: readonly AccountId[], id?: ClientId): Promise<Conversation> {
    return this.request('POST', '/conversations/direct', { body: { accounts }, id });
  }

  /** Returns the public groups by name; admins of the server can ask for those that another account is in. */
  groups(
    request: ListRequest & { readonly member?: AccountId } = {},
    options: ReadOptions = {},
  ): Promise<Page<PublicGroup>> {
    return this.request('GET', `/groups${query(request)}`, options);
  }

  renameGroup(conversation: ConversationId, name: string, id?: ClientId): Promise<Conversation> {
    return this.updateGroup(conversation, { name }, id);
  }

  /** Changes the settings of a group, even if the page closes meanwhile; missing fields are unchanged. */
  updateGroup(
    conversation: ConversationId,
    settings: UpdateGroupBody,
    id?: ClientId,
  ): Promise<Conversation> {
    return this.request('PATCH', `/conversations/${conversation}`, {
      body: settings,
      id,
      keepalive: true,
    });
  }

  /** Archives a group: it can be read, but not changed. */
  archiveGroup(conversation: ConversationId, id?: ClientId): Promise<Conversation> {
    return this.request('POST', `/conversations/${conversation}/archive`, { id });
  }

  /** Restores an archived group. */
  restoreGroup(conversation: ConversationId, id?: ClientId): Promise<Conversation> {
    return this.request('POST', `/conversations/${conversation}/restore`, { id });
  }

  /** Changes who may do what in a group, even if the page closes meanwhile; missing fields are unchanged. */
  changeMinimumRoles(
    conversation: ConversationId,
    minimumRoles: Partial<MinimumRoles>,
    id?: ClientId,
  ): Promise<Conversation> {
    return this.request('PATCH', `/conversations/${conversation}/minimum-roles`, {
      body: minimumRoles,
      id,
      keepalive: true,
    });
  }

  /** Makes another member the owner of a group, and this account an admin. */
  transferOwnership(
    conversation: ConversationId,
    account: AccountId,
    id?: ClientId,
  ): Promise<Conversation> {
    return this.request('POST', `/conversations/${conversation}/owner`, { body: { account }, id });
  }

  deleteGroup(conversation: ConversationId, id?: ClientId): Promise<void> {
    return this.request('DELETE', `/conversations/${conversation}`, { id });
  }

  join(conversation: ConversationId, id?: ClientId): Promise<Conversation> {
    return this.request('POST', `/conversations/${conversation}/join`, { id });
  }

  leave(conversation: ConversationId, id?: ClientId): Promise<void> {
    return this.request('POST', `/conversations/${conversation}/leave`, { id });
  }

  members(
    conversation: ConversationId,
    request: ListRequest = {},
    options: ReadOptions = {},
  ): Promise<Page<Member>> {
    return this.request('GET', `/conversations/${conversation}/members${query(request)}`, options);
  }

  addMember(conversation: ConversationId, account: AccountId, id?: ClientId): Promise<Member> {
    return this.request('POST', `/conversations/${conversation}/members`, {
      body: { account },
      id,
    });
  }

  /** Changes the role of a member of a group. */
  changeMemberRole(
    conversation: ConversationId,
    account: AccountId,
    role: MemberRole,
    id?: ClientId,
  ): Promise<Member> {
    return this.request('PATCH', `/conversations/${conversation}/members/${account}`, {
      body: { role },
      id,
      keepalive: true,
    });
  }

  removeMember(conversation: ConversationId, account: AccountId, id?: ClientId): Promise<void> {
    return this.request('DELETE', `/conversations/${conversation}/members/${account}`, { id });
  }
}
