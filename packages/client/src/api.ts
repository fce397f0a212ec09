import type {
  AccountId,
  Attachment,
  ClientId,
  CommandAnswer,
  Conversation,
  ConversationId,
  Draft,
  DraftsAnswer,
  EditHistoryPage,
  Event,
  FileId,
  FileLinksAnswer,
  FoundName,
  HistoryPage,
  LoginStep,
  Me,
  Member,
  MemberRole,
  MentionSuggestionsAnswer,
  Message,
  MinimumRoles,
  PinnedMessages,
  PublicGroup,
  ReadCursor,
  RegisterBody,
  SearchHas,
  SearchIs,
  SearchMessagesPage,
  SeenByAnswer,
  Seq,
  ServerSettings,
  SessionAnswer,
  StreamId,
  ThreadCursor,
  ThreadCursorsAnswer,
  ThreadPage,
  ThreadsPage,
  UpdateGroupBody,
  User,
  UserProfile,
  Visibility,
} from '@parley/protocol';
import { ActivityApi } from './api-activity.ts';
import { AdmissionApi } from './api-admission.ts';
import { EmojiApi } from './api-emoji.ts';
import { ImagesApi } from './api-images.ts';
import { LegalHoldsApi } from './api-legal-holds.ts';
import { ModerationApi } from './api-moderation.ts';
import { NotificationsApi } from './api-notifications.ts';
import { PersonalApi } from './api-personal.ts';
import { PollsApi } from './api-polls.ts';
import { PreviewsApi } from './api-previews.ts';
import { ReportsApi } from './api-reports.ts';
import { RetentionApi } from './api-retention.ts';
import { SidebarApi } from './api-sidebar.ts';
import { UserGroupsApi } from './api-user-groups.ts';
import type { DraftPlace } from './draft-place.ts';
import type { ListRequest, Page } from './lists.ts';
import { query } from './query.ts';
import { type ReadOptions, RestSession } from './rest-session.ts';
import type { UploadOptions } from './uploads.ts';

export type { ListRequest, Page } from './lists.ts';

/** Position of a page of history. */
export interface HistoryRequest {
  readonly before?: Seq;
  readonly after?: Seq;
  readonly around?: Seq;
  /** Around the first message that was posted at this time or later; an ISO 8601 timestamp. */
  readonly aroundTime?: string;
  readonly limit?: number;
}

/** What a message may have besides its conversation and its text. */
export interface PostOptions {
  /** Posting again with the same id does not post twice. */
  readonly id?: ClientId;
  /** A message of the conversation that this one quotes. */
  readonly replyTo?: Seq;
  /** Files that were uploaded with {@link ParleyApi.upload}; the text may then be empty. */
  readonly attachments?: readonly FileId[];
  /** The root of the thread in which the message is a reply. */
  readonly thread?: Seq;
  /** Shows the reply among the messages of the conversation too. */
  readonly alsoInConversation?: boolean;
}

/** What messages to search for. The filters may also stand in the text: `release from:ann has:link`. */
export interface MessageSearchRequest {
  readonly query?: string;
  /** A username, a display name, or `me`. */
  readonly from?: string;
  /** The name of a group that the account is in, or `@` and the name of a user. */
  readonly in?: string;
  readonly has?: SearchHas;
  /** `thread`: only replies in threads. */
  readonly is?: SearchIs;
  /** Dates: `2026-03-01`, `2026-03`, `2026`, `today` or `yesterday`. */
  readonly before?: string;
  readonly after?: string;
  readonly on?: string;
  readonly sort?: 'newest' | 'best';
  /** The time zone in which days begin; that of this device by default. */
  readonly timeZone?: string;
  readonly limit?: number;
  /** `next` of the previous page. */
  readonly cursor?: string;
}

/** Body of a registration. */
export type Registration = RegisterBody;

/**
 * The name and password were correct, but the server requires another step, for instance a code.
 */
export class LoginStepRequired extends Error {
  override name = 'LoginStepRequired';
  readonly step: LoginStep;

  constructor(step: LoginStep) {
    super(`Another log-in step is required: ${step.step}`);
    this.step = step;
  }
}

/** Returns the account that has logged in. */
function entered(answer: SessionAnswer | LoginStep): Me {
  if ('step' in answer) throw new LoginStepRequired(answer);
  return answer.me;
}

/** The REST API, typed by the protocol, with the session of one account. */
export class ParleyApi extends RestSession {
  /** Reports of messages. */
  readonly reports = new ReportsApi(this);
  /** Hiding of messages, for moderators. */
  readonly moderation = new ModerationApi(this);
  /** Legal holds, for the owners of the server. */
  readonly legalHolds = new LegalHoldsApi(this);
  /** Bans from groups, and links to join them with. */
  readonly admission = new AdmissionApi(this);
  readonly polls = new PollsApi(this);
  readonly notifications = new NotificationsApi(this);
  /** How the account arranges its conversations. */
  readonly sidebar = new SidebarApi(this);
  /** What concerned the account. */
  readonly activity = new ActivityApi(this);
  /** How long messages are kept. */
  readonly retention = new RetentionApi(this);
  readonly userGroups = new UserGroupsApi(this);
  /** Custom emoji. */
  readonly emoji = new EmojiApi(this);
  /** Avatars and the icon of the server. */
  readonly images = new ImagesApi(this);
  readonly previews = new PreviewsApi(this);
  /** Saved and scheduled messages. */
  readonly personal = new PersonalApi(this);

  // ---- the session -------------------------------------------------------------------------------

  /**
   * Creates an account and logs in.
   *
   * @throws {LoginStepRequired} when the server requires the address to be verified first
   */
  async register(registration: Registration): Promise<Me> {
    return entered(await this.enter('/auth/register', registration));
  }

  /**
   * Logs in with a username or an email address.
   *
   * @throws {LoginStepRequired} when another step is required; `AuthApi` has the requests for each
   * step
   */
  async login(login: string, password: string, device?: string): Promise<Me> {
    const body = { login, password, ...(device !== undefined && { device }) };
    return entered(await this.enter('/auth/login', body));
  }

  // ---- the server --------------------------------------------------------------------------------

  /** Returns the settings of the server in effect; `server.updated` says that some were changed. */
  serverSettings(): Promise<ServerSettings> {
    return this.request('GET', '/server-settings');
  }

  // ---- users -------------------------------------------------------------------------------------

  me(): Promise<Me> {
    return this.request('GET', '/me');
  }

  users(request: ListRequest = {}, options: ReadOptions = {}): Promise<Page<User>> {
    return this.request('GET', `/users${query(request)}`, options);
  }

  user(id: AccountId): Promise<User> {
    return this.request('GET', `/users/${id}`);
  }

  /** A user with the status, and when the user was last connected. */
  userProfile(id: AccountId, options: ReadOptions = {}): Promise<UserProfile> {
    return this.request('GET', `/users/${id}/profile`, options);
  }

  // ---- conversations -----------------------------------------------------------------------------

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

  /** Changes the settings of a group; what is left out stays as it is. */
  updateGroup(
    conversation: ConversationId,
    settings: UpdateGroupBody,
    id?: ClientId,
  ): Promise<Conversation> {
    return this.request('PATCH', `/conversations/${conversation}`, { body: settings, id });
  }

  /** Archives a group: it can be read, but not changed. */
  archiveGroup(conversation: ConversationId, id?: ClientId): Promise<Conversation> {
    return this.request('POST', `/conversations/${conversation}/archive`, { id });
  }

  /** Restores an archived group. */
  restoreGroup(conversation: ConversationId, id?: ClientId): Promise<Conversation> {
    return this.request('POST', `/conversations/${conversation}/restore`, { id });
  }

  /** Changes who may do what in a group; what is left out stays as it is. */
  changeMinimumRoles(
    conversation: ConversationId,
    minimumRoles: Partial<MinimumRoles>,
    id?: ClientId,
  ): Promise<Conversation> {
    return this.request('PATCH', `/conversations/${conversation}/minimum-roles`, {
      body: minimumRoles,
      id,
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
    });
  }

  removeMember(conversation: ConversationId, account: AccountId, id?: ClientId): Promise<void> {
    return this.request('DELETE', `/conversations/${conversation}/members/${account}`, { id });
  }

  // ---- messages ----------------------------------------------------------------------------------

  history(
    conversation: ConversationId,
    request: HistoryRequest = {},
    options: ReadOptions = {},
  ): Promise<HistoryPage> {
    return this.request('GET', `/conversations/${conversation}/messages${query(request)}`, options);
  }

  message(conversation: ConversationId, seq: Seq): Promise<Message> {
    return this.request('GET', `/conversations/${conversation}/messages/${seq}`);
  }

  /**
   * Returns the texts that a message has had, the latest first; none if it was deleted. `before` is the
   * `seq` of the last version of the previous page.
   */
  editHistory(
    conversation: ConversationId,
    message: Seq,
    request: { before?: Seq; limit?: number } = {},
    options: ReadOptions = {},
  ): Promise<EditHistoryPage> {
    const path = `/conversations/${conversation}/messages/${message}/history`;
    return this.request('GET', `${path}${query(request)}`, options);
  }

  /** Posts a message. */
  post(
    conversation: ConversationId,
    body: string,
    { id, replyTo, attachments = [], thread, alsoInConversation }: PostOptions = {},
  ): Promise<Message> {
    return this.request('POST', `/conversations/${conversation}/messages`, {
      body: {
        body,
        ...(replyTo !== undefined && { replyTo }),
        ...(thread !== undefined && { thread }),
        ...(alsoInConversation !== undefined && { alsoInConversation }),
        ...(attachments.length > 0 && { attachments }),
      },
      id,
    });
  }

  edit(conversation: ConversationId, message: Seq, body: string, id?: ClientId): Promise<Message> {
    return this.request('PATCH', `/conversations/${conversation}/messages/${message}`, {
      body: { body },
      id,
    });
  }

  remove(conversation: ConversationId, message: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.request('DELETE', `/conversations/${conversation}/messages/${message}`, { id });
  }

  react(
    conversation: ConversationId,
    message: Seq,
    emoji: string,
    id?: ClientId,
  ): Promise<CommandAnswer> {
    return this.request('PUT', reaction(conversation, message, emoji), { id });
  }

  unreact(
    conversation: ConversationId,
    message: Seq,
    emoji: string,
    id?: ClientId,
  ): Promise<CommandAnswer> {
    return this.request('DELETE', reaction(conversation, message, emoji), { id });
  }

  /** Posts the text of a message to another conversation, with its author and time. */
  forward(
    conversation: ConversationId,
    message: Seq,
    to: ConversationId,
    id?: ClientId,
  ): Promise<Message> {
    const path = `/conversations/${conversation}/messages/${message}/forward`;
    return this.request('POST', path, { body: { to }, id });
  }

  /** Returns all pinned messages, the last pin first. */
  async pinnedMessages(
    conversation: ConversationId,
    options: ReadOptions = {},
  ): Promise<{ items: Message[] }> {
    const items: Message[] = [];
    let cursor: string | undefined;
    do {
      const page: PinnedMessages = await this.request(
        'GET',
        `/conversations/${conversation}/pins${query({ cursor })}`,
        options,
      );
      items.push(...page.items);
      // Servers of earlier versions send all of them.
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    return { items };
  }

  pin(conversation: ConversationId, message: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.request('PUT', pinOf(conversation, message), { id });
  }

  unpin(conversation: ConversationId, message: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.request('DELETE', pinOf(conversation, message), { id });
  }

  // ---- files -------------------------------------------------------------------------------------

  /**
   * Uploads a file in pieces, so that it continues after interruptions, and returns it: its id can then
   * be attached to a message.
   *
   * @throws {ApiError} if the server refuses it, or cannot be reached for long
   */
  async upload(file: Blob, options: UploadOptions): Promise<Attachment> {
    // Most visits upload nothing.
    const { uploadFile } = await import('./uploads.ts');
    return await uploadFile(this, file, options);
  }

  /** Removes what was received of an upload that is not complete. */
  cancelUpload(id: FileId): Promise<void> {
    return this.request('DELETE', `/uploads/${id}`);
  }

  /** Returns what is known of a file. */
  file(id: FileId): Promise<Attachment> {
    return this.request('GET', `/files/${id}`);
  }

  /** Returns links to files for a browser; those that the account may not read are left out. */
  fileLinks(files: readonly FileId[]): Promise<FileLinksAnswer> {
    return this.request('GET', `/files/links?files=${files.join(',')}`);
  }

  // ---- read cursors ------------------------------------------------------------------------------

  /**
   * Moves the read cursor of a conversation. With `revision` the request is ignored if the conversation
   * was marked as unread since.
   */
  read(
    conversation: ConversationId,
    seq: Seq,
    unread = false,
    revision?: number,
  ): Promise<ReadCursor> {
    const body = { seq, unread, ...(revision !== undefined && { revision }) };
    return this.request('POST', `/conversations/${conversation}/read`, { body });
  }

  /** Marks all conversations as read. Returns the read cursors. */
  readAll(): Promise<{ readVersion: number; items: ReadCursor[] }> {
    return this.request('POST', '/me/cursors/read-all');
  }

  cursors(): Promise<{ readVersion: number; items: ReadCursor[] }> {
    return this.request('GET', '/me/cursors');
  }

  /** Returns who has seen a message, without its author; refused in large conversations. */
  seenBy(
    conversation: ConversationId,
    message: Seq,
    options: ReadOptions = {},
  ): Promise<SeenByAnswer> {
    return this.request(
      'GET',
      `/conversations/${conversation}/messages/${message}/seen-by`,
      options,
    );
  }

  // ---- search ------------------------------------------------------------------------------------

  /**
   * Searches the messages that the account may read. A page may have fewer messages than `limit` and still
   * a `next`. `signal` ends the request, for instance when the user has typed on.
   */
  searchMessages(
    request: MessageSearchRequest,
    options: ReadOptions = {},
  ): Promise<SearchMessagesPage> {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    return this.request('GET', `/search/messages${query({ timeZone, ...request })}`, options);
  }

  /** Searches users and groups by their names, for a quick switcher: the best match first. */
  async searchNames(
    text: string,
    options: { readonly limit?: number; readonly signal?: AbortSignal } = {},
  ): Promise<FoundName[]> {
    const { limit, signal } = options;
    const path = `/search/names${query({ query: text, limit })}`;
    return (await this.request<{ items: FoundName[] }>('GET', path, { signal })).items;
  }

  /** Returns accounts to mention whose names match a search, members of the conversation first. */
  mentionSuggestions(
    conversation: ConversationId,
    request: { search?: string; limit?: number } = {},
  ): Promise<MentionSuggestionsAnswer> {
    const path = `/conversations/${conversation}/mention-suggestions`;
    return this.request('GET', `${path}${query(request)}`);
  }

  // ---- drafts ------------------------------------------------------------------------------------

  /** Returns the drafts of the account. */
  drafts(options: ReadOptions = {}): Promise<DraftsAnswer> {
    return this.request('GET', '/me/drafts', options);
  }

  /** Saves the draft of a conversation or thread; the newest wins. */
  saveDraft({ conversation, thread }: DraftPlace, body: string): Promise<Draft> {
    const draft = { body, ...(thread && { thread }) };
    return this.request('PUT', `/me/drafts/${conversation}`, { body: draft });
  }

  /** Deletes the draft of a conversation or thread; with `version` only that version. */
  deleteDraft({ conversation, thread }: DraftPlace, version?: number): Promise<void> {
    const which = { version, thread: thread ?? undefined };
    return this.request('DELETE', `/me/drafts/${conversation}${query(which)}`);
  }

  // ---- threads -----------------------------------------------------------------------------------

  /** Returns a message with a page of the replies in its thread; the latest by default. */
  thread(
    conversation: ConversationId,
    thread: Seq,
    request: HistoryRequest = {},
    options: ReadOptions = {},
  ): Promise<ThreadPage> {
    return this.request('GET', `${threadAt(conversation, thread)}${query(request)}`, options);
  }

  /** Returns a page of the threads that the account follows, those with unread replies first. */
  threads(
    request: Omit<ListRequest, 'search'> = {},
    options: ReadOptions = {},
  ): Promise<ThreadsPage> {
    return this.request('GET', `/me/threads${query(request)}`, options);
  }

  /** Returns how far the account has read the threads that it follows. */
  threadCursors(): Promise<ThreadCursorsAnswer> {
    return this.request('GET', '/me/thread-cursors');
  }

  /** Moves the read cursor of a thread forward. */
  readThread(conversation: ConversationId, thread: Seq, seq: Seq): Promise<ThreadCursor> {
    return this.request('POST', `${threadAt(conversation, thread)}/read`, { body: { seq } });
  }

  /** Follows a thread: its unread replies are counted. */
  followThread(conversation: ConversationId, thread: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.request('PUT', `${threadAt(conversation, thread)}/follow`, { id });
  }

  /** Stops following a thread, until the account follows it again. */
  unfollowThread(conversation: ConversationId, thread: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.request('DELETE', `${threadAt(conversation, thread)}/follow`, { id });
  }

  // ---- streams -----------------------------------------------------------------------------------

  events(
    stream: StreamId,
    request: { after: Seq; limit?: number },
  ): Promise<{ items: Event[]; lastSeq: Seq }> {
    return this.request('GET', `/streams/${stream}/events${query(request)}`);
  }
}

const reaction = (conversation: ConversationId, message: Seq, emoji: string): string =>
  `/conversations/${conversation}/messages/${message}/reactions/${encodeURIComponent(emoji)}`;

const pinOf = (conversation: ConversationId, message: Seq): string =>
  `/conversations/${conversation}/messages/${message}/pin`;

const threadAt = (conversation: ConversationId, thread: Seq): string =>
  `/conversations/${conversation}/messages/${thread}/thread`;
