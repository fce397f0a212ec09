import type {
  AccountId,
  Conversation,
  ConversationId,
  Cursor,
  Event,
  Goodbye,
  HistoryPage,
  Me,
  Mention,
  Message,
  Nack,
  ReadCursor,
  Seq,
  ServerFrame,
  StreamId,
} from '@parley/protocol';
import {
  compactConversations,
  conversationOfStream,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type { SocketFactory, SocketHandlers } from '../../src/connection/socket.ts';
import { mentionsInclude } from '../../src/messages/mentions.ts';
import {
  change,
  expiredUpTo,
  isChange,
  messageOfPost,
} from '../../src/messages/message-changes.ts';

/**
 * The server’s side of the connection, as simple as its guarantees: logs in memory, no concurrency.
 * Nothing is delivered by itself: a test decides which frame arrives when, which request is
 * executed and answered when, and what is lost. It is the oracle for what a client must show in the
 * end.
 */
export class ModelServer {
  readonly me = 'aaaaaaaa-0000-7000-8000-000000000001' as AccountId;
  readonly other = 'aaaaaaaa-0000-7000-8000-000000000002' as AccountId;
  epoch = 'epoch-1';
  /** More missing events than this are not replayed. */
  replayMax = 10;
  /** Whether requests reach the server. */
  isReachable = true;
  /** Whether the access token is accepted; otherwise the session has ended. */
  isLoggedIn = true;
  /** The account that the session belongs to. */
  loggedInAs: AccountId = this.me;
  /** What this account may do on the server. */
  ownPermissions: Me['permissions'] = [];
  /** What this account may do in each of its conversations. */
  permissions: Conversation['permissions'] = ['leave'];
  /** Who may do what in each of its conversations. */
  minimumRoles: Conversation['minimumRoles'] = {
    post: 'member',
    replyInThreads: 'member',
    invite: 'admin',
    pin: 'member',
    deleteOthers: 'admin',
    rename: 'admin',
    mentionEveryone: 'admin',
  };
  /** The role of this account on the server. */
  ownRole: Me['role'] = 'member';
  /** Whether its conversations are default groups. */
  isEveryone = false;
  /** Every command gets this answer instead of being executed. */
  refusing: Pick<Nack, 'code' | 'retryAfter'> | null = null;
  /** Commands are executed, but neither answered nor published on this socket. */
  isMute = false;
  /** Presence, as reported in `ready`. */
  presence: { account: AccountId; state: 'active' | 'idle' | 'offline' }[] = [];
  /** Requests to fill a gap are deferred. */
  isBusy = false;
  /** The acks of posts arrive before their events. */
  acksFirst = false;
  readonly requests: ModelRequest[] = [];
  /** Snapshots that were left out of `ready`, because the client has them. */
  unchanged = 0;
  /** All commands that have arrived. */
  readonly received: { id: string; op: string; at: number }[] = [];
  readonly #logs = new Map<StreamId, Event[]>();
  readonly #conversations = new Map<ConversationId, ModelConversation>();
  readonly #answers = new Map<string, { stream: StreamId; seq: Seq }>();
  #readVersion = 0;
  #connection: ModelConnection | null = null;
  #sockets = 0;

  constructor() {
    this.#logs.set(WORKSPACE_STREAM, []);
    this.#logs.set(streamOfAccount(this.me), []);
  }

  // ---- what happens on the server
  // -----------------------------------------------------------------

  /** Creates a group of the other account; this account is not a member yet. */
  group(n = 1): ConversationId {
    const id = `cccccccc-0000-7000-8000-${String(n).padStart(12, '0')}` as ConversationId;
    this.#conversations.set(id, {
      id,
      stays: [],
      readSeq: 0 as Seq,
      revision: 0,
      name: `group ${n}`,
    });
    this.#logs.set(streamOfConversation(id), []);
    this.append(id, this.other, 'conversation.created', { kind: 'group', name: `group ${n}` });
    this.append(id, this.other, 'member.joined', { account: this.other, role: 'owner' });
    return id;
  }

  /** This account joins: personal event, snapshot, then the stream from there on. */
  join(id: ConversationId): void {
    if (this.isMember(id)) return;
    const conversation = this.#of(id);
    const seq = this.#store(id, this.me, 'member.joined', { account: this.me, role: 'member' }).seq;
    if (conversation.stays.length === 0) conversation.readSeq = (seq - 1) as Seq;
    conversation.stays.push({ joined: seq, left: null });
    const personal = streamOfAccount(this.me);
    this.append(personal, this.me, 'conversation.joined', { conversation: id, seq });
    const connection = this.#connection;
    if (!connection?.greeted) return;
    connection.queue.push({ op: 'conversation', conversation: this.snapshot(id) });
    for (const event of this.log(id).slice(seq - 1)) connection.queue.push(event);
  }

  leave(id: ConversationId): void {
    if (!this.isMember(id)) return;
    const event = this.append(id, this.me, 'member.left', { account: this.me });
    const stay = this.#of(id).stays.at(-1);
    if (stay) stay.left = event.seq;
    this.append(streamOfAccount(this.me), this.me, 'conversation.left', {
      conversation: id,
      seq: event.seq,
    });
  }

  isMember(id: ConversationId): boolean {
    return this.#of(id).stays.at(-1)?.left === null;
  }

  post(id: ConversationId, actor: AccountId, body: string, mentions: Mention[] = []): Seq {
    const data = { body, ...(mentions.length > 0 && { mentions }) };
    return this.append(id, actor, 'message.posted', data).seq;
  }

  /** Stores an event and sends it on the socket. */
  append(
    stream: StreamId | ConversationId,
    actor: AccountId,
    type: string,
    data: object,
    client: string | null = null,
  ): Event {
    const event = this.#store(stream, actor, type, data, client);
    const connection = this.#connection;
    if (connection?.greeted && !this.isMute && this.#follows(event.stream)) {
      connection.queue.push(event);
    }
    return event;
  }

  #store(
    stream: StreamId | ConversationId,
    actor: AccountId,
    type: string,
    data: object,
    client: string | null = null,
  ): Event {
    const log = this.log(stream);
    const event = {
      op: 'event',
      stream,
      seq: log.length + 1,
      at: new Date(Date.UTC(2026, 0, 1) + log.length * 1000).toISOString(),
      type,
      actor,
      client,
      data,
    } as unknown as Event;
    log.push(event);
    return event;
  }

  /** This account has read up to `seq`, on this or another device. */
  read(id: ConversationId, seq: Seq, back = false, revision?: number): void {
    const conversation = this.#of(id);
    if (revision !== undefined && revision !== conversation.revision) return;
    const { lastSeq } = this.snapshot(id);
    const readSeq = seq > lastSeq ? lastSeq : seq;
    if (!back && readSeq <= conversation.readSeq) return;
    conversation.readSeq = readSeq;
    if (back) conversation.revision++;
    const version = ++this.#readVersion;
    if (this.#connection?.greeted && !this.isMute) {
      this.#connection.queue.push({ op: 'read', version, cursor: this.cursorOf(id) });
    }
  }

  /** The server is restored: another epoch, whose first events are the same. */
  restore(readVersion = this.#readVersion): void {
    this.#readVersion = readVersion;
    this.epoch = `${this.epoch}+`;
    this.cut();
  }

  // ---- the truth --------------------------------------------------------------------------------

  log(stream: StreamId | ConversationId): Event[] {
    const log = this.#logs.get(stream as StreamId);
    if (!log) throw new Error(`no stream ${stream}`);
    return log;
  }

  lastSeq(stream: StreamId | ConversationId): Seq {
    return this.log(stream).length as Seq;
  }

  /** Returns the messages of a conversation after all its events. */
  messages(id: ConversationId): Message[] {
    const messages = new Map<Seq, Message>();
    for (const event of this.log(id)) {
      if (event.type === 'message.posted') messages.set(event.seq, messageOfPost(id, event));
      else if (isChange(event)) {
        const message = messages.get(event.data.message);
        if (message) messages.set(message.seq, change(message, event));
      }
      const expired = expiredUpTo(event) ?? 0;
      for (const seq of messages.keys()) if (seq <= expired) messages.delete(seq);
    }
    return [...messages.values()];
  }

  cursorOf(id: ConversationId): ReadCursor {
    const { readSeq, revision } = this.#of(id);
    const unread = this.messages(id).filter(
      (m) => m.seq > readSeq && m.author !== this.me && m.deletedAt === null,
    ).length;
    const asOf = this.lastSeq(id);
    const unreadMentions = this.messages(id)
      .filter(
        (m) => m.seq > readSeq && m.author !== this.me && mentionsInclude(m.mentions, this.me),
      )
      .map((m) => m.seq);
    return {
      conversation: id,
      readSeq,
      revision,
      unread: Math.min(unread, 100),
      unreadMentions,
      asOf,
    };
  }

  /** Returns a conversation as this account sees it. */
  snapshot(id: ConversationId): Conversation {
    const { name, stays } = this.#of(id);
    const { readSeq, revision: readRevision, unread, unreadMentions } = this.cursorOf(id);
    const last = this.messages(id).findLast((m) => m.deletedAt === null);
    const {
      mentions: ____,
      attachments: ________,
      reactions: _,
      pinned: __,
      replyTo: ___,
      thread: _____,
      alsoInConversation: ______,
      threadSummary: _______,
      forwardedFrom: _________,
      poll: __________,
      previews: ___________,
      ...lastMessage
    } = last ?? {
      mentions: [],
      attachments: [],
      reactions: [],
      pinned: null,
      replyTo: null,
      thread: null,
      alsoInConversation: false,
      threadSummary: null,
      forwardedFrom: null,
      poll: null,
      previews: [],
    };
    const members = this.log(id).reduce(
      (n, e) => n + (e.type === 'member.joined' ? 1 : e.type === 'member.left' ? -1 : 0),
      0,
    );
    return {
      id,
      kind: 'group',
      visibility: 'private',
      name,
      isEveryone: this.isEveryone,

      peer: null,
      peers: null,
      memberCount: members,
      createdAt: '2026-01-01T00:00:00.000Z',
      role: 'member',
      actingRole: 'member',
      topic: '',
      description: '',
      avatar: null,
      archivedAt: null,
      slowModeSeconds: 0,
      linkPreviews: true,
      permissions: this.permissions,
      minimumRoles: this.minimumRoles,
      removableRoles: [],
      messagePermissions: { own: ['edit', 'delete', 'react', 'pin'], others: ['react', 'pin'] },
      joinedSeq: stays.at(-1)?.joined ?? (0 as Seq),
      readSeq,
      readRevision,
      unread,
      unreadMentions,
      peerReadSeq: null,
      lastSeq: this.lastSeq(id),
      lastMessage: last ? (lastMessage as Conversation['lastMessage']) : null,
    };
  }

  // ---- the socket ---------------------------------------------------------------------------------

  /** Creates the client’s sockets. */
  readonly socket: SocketFactory = (_url, handlers) => {
    const connection = new ModelConnection(++this.#sockets, handlers);
    this.#connection = connection;
    queueMicrotask(() => {
      if (!connection.closed) handlers.open();
    });
    return {
      send: (text) => {
        if (!connection.closed) this.#receive(connection, JSON.parse(text));
      },
      close: () => connection.close(),
    };
  };

  /** Number of sockets opened so far. */
  get sockets(): number {
    return this.#sockets;
  }

  /** Frames in flight to the client. */
  get queued(): ServerFrame[] {
    return this.#connection && !this.#connection.closed ? this.#connection.queue : [];
  }

  get isConnected(): boolean {
    return this.#connection !== null && !this.#connection.closed;
  }

  /** Puts a frame in flight. */
  push(frame: ServerFrame): void {
    this.#connection?.queue.push(frame);
  }

  /** Delivers the next frames. */
  deliver(n: number): void {
    for (let i = 0; i < n; i++) {
      const frame = this.queued.shift();
      if (!frame) return;
      this.#connection?.handlers.message(JSON.stringify(frame));
    }
  }

  /** Breaks the client’s socket; with a code the server closes it. */
  cut(code = 1006): void {
    const connection = this.#connection;
    if (!connection || connection.closed) return;
    connection.close();
    connection.handlers.close(code, null);
  }

  /** Closes the socket with a goodbye from the server. */
  goodbye(code: number, reason: Goodbye['reason'], retryAfter = 0): void {
    this.#connection?.handlers.message(JSON.stringify({ op: 'goodbye', reason, retryAfter }));
    this.cut(code);
  }

  /** Sends a ping with the head of every subscribed stream. */
  ping(): void {
    const heads: Record<string, Seq> = {};
    for (const stream of this.#logs.keys()) {
      if (this.#follows(stream)) heads[stream] = this.lastSeq(stream);
    }
    this.push({ op: 'ping', heads, readVersion: this.#readVersion });
  }

  #receive(connection: ModelConnection, frame: ClientText): void {
    if (frame.op === 'hello') this.#hello(connection, frame);
    else if (frame.op === 'fill') this.#fill(connection, frame);
    else if (frame.id !== undefined) this.#command(connection, frame as ModelCommand);
  }

  #hello(connection: ModelConnection, hello: ClientText): void {
    const { queue } = connection;
    if (!this.isLoggedIn) {
      this.cut(4401);
      return;
    }
    const members = [...this.#conversations.keys()].filter((id) => this.isMember(id));
    const followed = [...this.#logs.keys()].filter((stream) => this.#follows(stream));
    const unchanged = members.filter((id) => this.#isUnchanged(id, hello));
    this.unchanged += unchanged.length;
    connection.greeted = true;
    const snapshots = members
      .filter((id) => !unchanged.includes(id))
      .map((id) => this.snapshot(id));
    const reads = unchanged.map((id) => {
      const { readSeq, readRevision, unread, unreadMentions, peerReadSeq, lastSeq } =
        this.snapshot(id);
      return { id, readSeq, readRevision, unread, unreadMentions, peerReadSeq, lastSeq };
    });
    const heads = followed.map((id) => ({
      id,
      kind: 'conversation' as const,
      lastSeq: this.lastSeq(id),
    }));
    queue.push({
      op: 'ready',
      epoch: this.epoch,
      connection: `${connection.number}`,
      me: this.#me(),
      ...(hello.compact
        ? {
            streams: heads.filter(({ id }) => !members.includes(conversationOfStream(id))),
            conversations: [],
            unchanged: [],
            compact: compactConversations(snapshots, reads),
          }
        : {
            streams: heads,
            conversations: snapshots,
            unchanged: reads.map(({ lastSeq: _lastSeq, ...rest }) => rest),
          }),
      readVersion: this.#readVersion,
      presence: this.presence,
      limits: { commands: 0, commandWindowMs: 10_000, silenceMs: 1e9 },
    });
    const known = hello.epoch === this.epoch;
    for (const [stream, log] of this.#logs) {
      const cursor = known ? hello.cursor?.[stream] : undefined;
      const follows = this.#follows(stream);
      if (!known && hello.epoch !== undefined && follows) {
        queue.push({ op: 'reset', stream, lastSeq: this.lastSeq(stream) });
      } else if (cursor !== undefined) {
        this.#replay(connection, stream, cursor, log);
      }
    }
    queue.push({ op: 'live' });
  }

  /** Whether the client has the snapshot of the conversation as it is. */
  #isUnchanged(id: ConversationId, { epoch, cursor, resend }: ClientText): boolean {
    if (epoch !== this.epoch || !resend || resend.includes(id) || this.isEveryone) return false;
    const stream = streamOfConversation(id);
    return cursor?.[stream] === this.lastSeq(stream);
  }

  #replay(connection: ModelConnection, stream: StreamId, cursor: Seq, log: readonly Event[]): void {
    const stays = this.#staysOf(stream);
    const end = stays.at(-1)?.left ?? null;
    const last = end ?? this.lastSeq(stream);
    if (cursor >= last) return;
    if (last - cursor > this.replayMax) {
      connection.queue.push({ op: 'reset', stream, lastSeq: last });
      return;
    }
    for (const event of log.slice(cursor, last)) {
      const seen = stays.some((s) => event.seq >= s.joined && event.seq <= (s.left ?? last));
      if (seen) connection.queue.push(event);
    }
  }

  #fill(connection: ModelConnection, { id, stream, after }: ClientText): void {
    if (stream === undefined || after === undefined || id === undefined) return;
    if (this.isBusy) {
      connection.queue.push({ op: 'nack', id, code: 'rate_limited', message: '', retryAfter: 1 });
      return;
    }
    if (!this.#follows(stream)) {
      connection.queue.push({ op: 'nack', id, code: 'not_found', message: '' });
      return;
    }
    const ack = { op: 'ack', id, stream, seq: this.lastSeq(stream), at: '' };
    connection.queue.push(ack as ServerFrame);
    this.#replay(connection, stream, after, this.log(stream));
  }

  #command(connection: ModelConnection, command: ModelCommand): void {
    const { id, op, conversation } = command;
    this.received.push({ id, op, at: performance.now() });
    if (this.refusing) {
      connection.queue.push({ op: 'nack', id, message: '', ...this.refusing });
      return;
    }
    const known = this.#answers.get(id);
    if (known || op === 'renew') {
      const answer = known ?? { stream: conversation as unknown as StreamId, seq: 0 as Seq };
      connection.queue.push({ op: 'ack', id, ...answer, at: '' } as ServerFrame);
      return;
    }
    if (!this.isMember(conversation)) {
      connection.queue.push({ op: 'nack', id, code: 'conversation_not_found', message: '' });
      return;
    }
    const place = connection.queue.length;
    const seq = this.#carryOut(command);
    const answer = { stream: streamOfConversation(conversation), seq };
    this.#answers.set(id, answer);
    if (this.isMute) return;
    const ack = {
      op: 'ack',
      id,
      ...answer,
      at: this.log(answer.stream)[seq - 1]?.at,
    } as ServerFrame;
    if (this.acksFirst) connection.queue.splice(place, 0, ack);
    else connection.queue.push(ack);
  }

  #carryOut({ id, op, conversation, ...command }: ModelCommand): Seq {
    if (op === 'read') {
      const seq = command.seq ?? (0 as Seq);
      this.read(conversation, seq, command.unread === true, command.revision);
      return this.#of(conversation).readSeq;
    }
    const { message, body, emoji, replyTo } = command;
    const add = (type: string, data: object) =>
      this.append(conversation, this.me, type, data, id).seq;
    if (op === 'post') return add('message.posted', { body, replyTo });
    if (op === 'edit') return add('message.edited', { message, body });
    if (op === 'delete') return add('message.deleted', { message, author: this.me });
    if (op === 'pin') return add('message.pinned', { message });
    if (op === 'unpin') return add('message.unpinned', { message });
    return add(op === 'react' ? 'reaction.added' : 'reaction.removed', { message, emoji });
  }

  // ---- requests -----------------------------------------------------------------------------------

  /** Carries the client’s requests: each waits until the test executes and answers it. */
  readonly fetch: typeof fetch = (input, init) => {
    if (!this.isReachable) return Promise.reject(new TypeError('fetch failed'));
    const url = new URL(String(input));
    const path = url.pathname.replace('/api/v1', '') + url.search;
    if (path === '/auth/token') return Promise.resolve(this.#answer(path));
    return new Promise((resolve, reject) => {
      const { signal } = init ?? {};
      signal?.addEventListener('abort', () => reject(signal.reason));
      this.requests.push({ path, answer: null, resolve, reject });
    });
  };

  /** Executes a request, so that its response shows the current state. */
  serve(request: ModelRequest): void {
    request.answer ??= this.#answer(request.path);
  }

  /** Delivers the response of a request. */
  answer(request: ModelRequest): void {
    this.serve(request);
    this.#done(request);
    if (request.answer) request.resolve(request.answer);
  }

  /** Fails the request: no answer arrives, or the server defers it. */
  fail(request: ModelRequest, how: 'network' | 'refused'): void {
    this.#done(request);
    if (how === 'network') request.reject(new TypeError('fetch failed'));
    else request.resolve(problem(503, 'unavailable'));
  }

  #done(request: ModelRequest): void {
    const at = this.requests.indexOf(request);
    if (at >= 0) this.requests.splice(at, 1);
  }

  #answer(path: string): Response {
    if (!this.isLoggedIn) return problem(401, 'unauthenticated');
    if (path === '/auth/token') {
      return Response.json({
        account: this.loggedInAs,
        accessToken: 't',
        accessTokenExpiresIn: 1e6,
        sessionToken: 's',
      });
    }
    if (path === '/me') return Response.json(this.#me());
    if (path === '/me/cursors') {
      const items = [...this.#conversations.keys()]
        .filter((id) => this.isMember(id))
        .map((id) => this.cursorOf(id));
      return Response.json({ readVersion: this.#readVersion, items });
    }
    const found = /^\/conversations\/([^/?]+)(\/messages\?(.*))?$/.exec(path);
    const id = found?.[1] as ConversationId | undefined;
    if (id === undefined) return Response.json({ items: [], next: null });
    if (!this.isMember(id)) return problem(404, 'conversation_not_found');
    if (!found?.[2]) return Response.json(this.snapshot(id));
    return Response.json(this.history(id, new URLSearchParams(found[3])));
  }

  /** Returns a page of history, with the server’s limits. */
  history(id: ConversationId, query: URLSearchParams): HistoryPage {
    const limit = Number(query.get('limit') ?? 50);
    const around = query.get('around');
    const after = query.get('after');
    const before = query.get('before');
    let [at, older, newer] = [Number.MAX_SAFE_INTEGER, limit, 0];
    if (before !== null) at = Number(before);
    if (after !== null) [at, older, newer] = [Number(after) + 1, 0, limit];
    if (around !== null) {
      older = Math.floor(limit / 2);
      [at, newer] = [Number(around), limit - older];
    }
    const messages = this.messages(id);
    const olderOnes = messages.filter((m) => m.seq < at);
    const newerOnes = messages.filter((m) => m.seq >= at);
    return {
      items: [...(older > 0 ? olderOnes.slice(-older) : []), ...newerOnes.slice(0, newer)],
      hasOlder: olderOnes.length > older,
      hasNewer: newerOnes.length > newer,
      asOf: this.lastSeq(id),
    } as HistoryPage;
  }

  // ---- inside -------------------------------------------------------------------------------------

  #me(): Me {
    return {
      id: this.loggedInAs,
      displayName: 'Me',
      role: this.ownRole,
      permissions: this.ownPermissions,
      messageWindows: { edit: null, delete: null },
    } as Partial<Me> as Me;
  }

  #of(id: ConversationId): ModelConversation {
    const conversation = this.#conversations.get(id);
    if (!conversation) throw new Error(`no conversation ${id}`);
    return conversation;
  }

  #staysOf(stream: StreamId): readonly Stay[] {
    const conversation = this.#conversations.get(stream as unknown as ConversationId);
    return conversation ? conversation.stays : [{ joined: 1 as Seq, left: null }];
  }

  #follows(stream: StreamId): boolean {
    return this.#staysOf(stream).at(-1)?.left === null;
  }
}

/** A request of the client that has no answer yet. */
export interface ModelRequest {
  readonly path: string;
  /** The server’s response, in flight. */
  answer: Response | null;
  resolve(response: Response): void;
  reject(error: unknown): void;
}

interface Stay {
  readonly joined: Seq;
  left: Seq | null;
}

interface ModelConversation {
  readonly id: ConversationId;
  readonly name: string;
  readonly stays: Stay[];
  readSeq: Seq;
  revision: number;
}

interface ModelCommand {
  readonly id: string;
  readonly op: string;
  readonly conversation: ConversationId;
  readonly message?: Seq;
  readonly body?: string;
  readonly emoji?: string;
  replyTo?: Seq;
  readonly seq?: Seq;
  readonly unread?: boolean;
  readonly revision?: number;
}

/** Any frame of a client, with the fields that are used here. */
type ClientText = Partial<Omit<ModelCommand, 'op'>> & {
  readonly op: string;
  readonly epoch?: string;
  readonly cursor?: Cursor;
  readonly resend?: readonly ConversationId[];
  readonly compact?: boolean;
  readonly stream?: StreamId;
  readonly after?: Seq;
};

class ModelConnection {
  readonly number: number;
  readonly handlers: SocketHandlers;
  readonly queue: ServerFrame[] = [];
  greeted = false;
  closed = false;

  constructor(number: number, handlers: SocketHandlers) {
    this.number = number;
    this.handlers = handlers;
  }

  close(): void {
    this.closed = true;
  }
}

function problem(status: number, code: string): Response {
  const body = JSON.stringify({ type: '', title: code, status, code });
  return new Response(body, { status, headers: { 'content-type': 'application/problem+json' } });
}
