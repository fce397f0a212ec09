import type {
  AccountId,
  Attachment,
  ConversationId,
  Draft,
  DraftsAnswer,
  Event,
  FileId,
  FileLinksAnswer,
  FoundName,
  LoginStep,
  Me,
  MentionSuggestionsAnswer,
  RegisterBody,
  SearchHas,
  SearchIs,
  SearchMessagesPage,
  Seq,
  ServerSettings,
  SessionAnswer,
  StreamId,
  User,
  UserProfile,
} from '@parley/protocol';
import { ActivityApi } from './activity.ts';
import { AdmissionApi } from './admission.ts';
import type { DraftPlace } from './draft-place.ts';
import { EmojiApi } from './emoji.ts';
import { ImagesApi } from './images.ts';
import { LegalHoldsApi } from './legal-holds.ts';
import type { ListRequest, Page } from './lists.ts';
import { MessagesApi } from './messages.ts';
import { ModerationApi } from './moderation.ts';
import { NotificationsApi } from './notifications.ts';
import { PersonalApi } from './personal.ts';
import { PollsApi } from './polls.ts';
import { PreviewsApi } from './previews.ts';
import { query } from './query.ts';
import { ReportsApi } from './reports.ts';
import type { ReadOptions } from './rest-session.ts';
import { RetentionApi } from './retention.ts';
import { SidebarApi } from './sidebar.ts';
import type { UploadOptions } from './uploads.ts';
import { UserGroupsApi } from './user-groups.ts';

export type { ListRequest, Page } from './lists.ts';
export type { HistoryRequest, PostOptions } from './messages.ts';

/** A search for messages. Filters may also be part of the text: `release from:ann has:link`. */
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
    super(`Another login step is required: ${step.step}`);
    this.step = step;
  }
}

/** Returns the account that has logged in. */
function loggedInAccount(answer: SessionAnswer | LoginStep): Me {
  if ('step' in answer) throw new LoginStepRequired(answer);
  return answer.me;
}

/**
 * The REST API, typed by the protocol, with the session of one account. Methods for conversations and
 * messages are inherited, so that callers find them directly on this class; smaller domains are
 * properties.
 */
export class ParleyApi extends MessagesApi {
  /** Reports of messages. */
  readonly reports = new ReportsApi(this);
  /** Hidden messages, for moderators. */
  readonly moderation = new ModerationApi(this);
  /** Legal holds, for the owners of the server. */
  readonly legalHolds = new LegalHoldsApi(this);
  /** Bans from groups, and links to join them. */
  readonly admission = new AdmissionApi(this);
  readonly polls = new PollsApi(this);
  readonly notifications = new NotificationsApi(this);
  /** The sidebar of the account. */
  readonly sidebar = new SidebarApi(this);
  /** The activity of the account. */
  readonly activity = new ActivityApi(this);
  /** Message retention. */
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
    return loggedInAccount(await this.enter('/auth/register', registration));
  }

  /**
   * Logs in with a username or an email address.
   *
   * @throws {LoginStepRequired} when another step is required; `AuthApi` has the requests for each
   * step
   */
  async login(login: string, password: string, device?: string): Promise<Me> {
    const body = { login, password, ...(device !== undefined && { device }) };
    return loggedInAccount(await this.enter('/auth/login', body));
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

  /** Returns a user with the status, and when the user was last connected. */
  userProfile(id: AccountId, options: ReadOptions = {}): Promise<UserProfile> {
    return this.request('GET', `/users/${id}/profile`, options);
  }

  // ---- files -------------------------------------------------------------------------------------

  /**
   * Uploads a file in pieces, so that it continues after interruptions, and returns it: its id can then
   * be attached to a message.
   *
   * @throws {ApiError} if the server refuses it, or is unreachable for too long
   */
  async upload(file: Blob, options: UploadOptions): Promise<Attachment> {
    // Most visits upload nothing.
    const { uploadFile } = await import('./uploads.ts');
    return await uploadFile(this, file, options);
  }

  /** Cancels an unfinished upload and removes its bytes from the server. */
  cancelUpload(id: FileId): Promise<void> {
    return this.request('DELETE', `/uploads/${id}`);
  }

  /** Returns the description of a file. */
  file(id: FileId): Promise<Attachment> {
    return this.request('GET', `/files/${id}`);
  }

  /** Returns links to files for a browser; those that the account may not read are left out. */
  fileLinks(files: readonly FileId[]): Promise<FileLinksAnswer> {
    return this.request('GET', `/files/links?files=${files.join(',')}`);
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

  // ---- streams -----------------------------------------------------------------------------------

  /**
   * Returns the events of a stream after a seq: of a conversation also the replies in threads, which `history` leaves out.
   * `lastSeq` is the last seq that the account may see; continue after the last item until it is reached.
   */
  events(
    stream: StreamId,
    request: { after: Seq; limit?: number },
  ): Promise<{ items: Event[]; lastSeq: Seq }> {
    return this.request('GET', `/streams/${stream}/events${query(request)}`);
  }
}
