import type {
  ClientId,
  CommandAnswer,
  ConversationId,
  EditHistoryPage,
  FileId,
  HistoryPage,
  Message,
  PinnedMessages,
  ReadCursor,
  SeenByAnswer,
  Seq,
  ThreadCursor,
  ThreadCursorsAnswer,
  ThreadPage,
  ThreadsPage,
  TimelineEvent,
  TimelineEventsAnswer,
} from '@parley/protocol';
import { ConversationsApi } from './conversations.ts';
import type { ListRequest } from './lists.ts';
import { query } from './query.ts';
import type { ReadOptions } from './rest-session.ts';

/** Position of a page of history. */
export interface HistoryRequest {
  readonly before?: Seq;
  readonly after?: Seq;
  readonly around?: Seq;
  /** Around the first message that was posted at this time or later; an ISO 8601 timestamp. */
  readonly aroundTime?: string;
  readonly limit?: number;
}

/** Optional properties of a new message. */
export interface PostOptions {
  /** Posting again with the same id does not post twice. */
  readonly id?: ClientId;
  /** A message of the conversation that this one quotes. */
  readonly replyTo?: Seq;
  /** Files that were uploaded with `ParleyApi.upload`; the text may then be empty. */
  readonly attachments?: readonly FileId[];
  /** The root of the thread that the message replies to. */
  readonly thread?: Seq;
  /** Also shows the reply among the messages of the conversation. */
  readonly alsoInConversation?: boolean;
}

/** Requests about messages, threads and read cursors. */
export class MessagesApi extends ConversationsApi {
  history(
    conversation: ConversationId,
    request: HistoryRequest = {},
    options: ReadOptions = {},
  ): Promise<HistoryPage> {
    return this.request('GET', `/conversations/${conversation}/messages${query(request)}`, options);
  }

  /** Returns the events that are shown between the messages of a group, of the 500 seqs after a seq. */
  async timelineEvents(
    conversation: ConversationId,
    after: Seq,
    options: ReadOptions = {},
  ): Promise<TimelineEvent[]> {
    const path = `/conversations/${conversation}/timeline-events${query({ after })}`;
    return (await this.request<TimelineEventsAnswer>('GET', path, options)).items;
  }

  message(conversation: ConversationId, seq: Seq): Promise<Message> {
    return this.request('GET', `/conversations/${conversation}/messages/${seq}`);
  }

  /**
   * Returns the versions of a message’s text, the latest first; none if it was deleted. `before` is
   * the `seq` of the last version of the previous page.
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
    return this.request('PUT', `${threadAt(conversation, thread)}/follow`, { id, keepalive: true });
  }

  /** Stops following a thread, until the account follows it again. */
  unfollowThread(conversation: ConversationId, thread: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.request('DELETE', `${threadAt(conversation, thread)}/follow`, {
      id,
      keepalive: true,
    });
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
}

const reaction = (conversation: ConversationId, message: Seq, emoji: string): string =>
  `/conversations/${conversation}/messages/${message}/reactions/${encodeURIComponent(emoji)}`;

const pinOf = (conversation: ConversationId, message: Seq): string =>
  `/conversations/${conversation}/messages/${message}/pin`;

const threadAt = (conversation: ConversationId, thread: Seq): string =>
  `/conversations/${conversation}/messages/${thread}/thread`;
