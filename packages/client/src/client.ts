import {
  type AccountId,
  type Ack,
  type ClientId,
  type Conversation,
  type ConversationId,
  conversationOfStream,
  type Event,
  LIMITS,
  type Me,
  type Nack,
  type Person,
  type ReadCursor,
  type Ready,
  type Seq,
  type ServerFrame,
  type StreamId,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { ApiError, type ParleyApi } from './api.ts';
import type {
  ClientCounters,
  ClientEvents,
  ClientOptions,
  ClientSnapshot,
  Sent,
} from './client-types.ts';
import { Commands, newId } from './commands.ts';
import { Connection, type ConnectionState } from './connection.ts';
import {
  type ConversationView,
  readHere,
  reduce,
  viewOf,
  withCursor,
  withReceipt,
} from './conversations.ts';
import { Emitter } from './emitter.ts';
import { MessageWindow } from './messages.ts';
import { People } from './people.ts';
import { Persistence } from './persistence.ts';
import { browserSocket } from './socket.ts';
import { MemoryStore, type OutboxEntry } from './store.ts';
import { Streams } from './streams.ts';
import { Timeline } from './timeline.ts';
import { Typing } from './typing.ts';

/** A hole that the pings told of is asked for when it is still there after this time, ms. */
const HEAD_GRACE_MS = 1_500;

/**
 * A connection to a Parley server with everything that belongs to it: what was missed is fetched,
 * what was seen is not applied twice, what was written is sent until it is answered.
 */
export class ParleyClient {
  readonly api: ParleyApi;
  readonly counters: ClientCounters = {
    connects: 0,
    resends: 0,
    gapFills: 0,
    duplicates: 0,
    resets: 0,
  };
  readonly #options: ClientOptions;
  readonly #events = new Emitter<ClientEvents>();
  readonly #connection: Connection;
  readonly #commands: Commands;
  readonly #persistence: Persistence;
  readonly #people: People;
  readonly #windows = new Map<ConversationId, MessageWindow>();
  readonly #timelines = new Map<ConversationId, Timeline>();
  readonly #filling = new Set<StreamId>();
  readonly #fills = new Map<string, StreamId>();
  readonly #typing = new Typing((typing) => this.#change({ typing }));
  readonly #listeners = new Set<() => void>();
  readonly #live: (() => void)[] = [];
  #streams: Streams | null = null;
  #epoch: string | null = null;
  #readVersion = 0;
  #notifying = false;
  #presenceState: 'active' | 'idle' = 'active';
  #snapshot: ClientSnapshot = {
    state: 'offline',
    retryAt: null,
    me: null,
    conversations: new Map(),
    people: new Map(),
    presence: new Map(),
    typing: new Map(),
    outbox: [],
  };

  constructor(options: ClientOptions) {
    this.#options = options;
    this.api = options.api;
    const random = options.random ?? Math.random;
    this.#persistence = new Persistence(options.store ?? new MemoryStore(), (error) =>
      this.#events.emit('storage', error),
    );
    this.#people = new People(this.api, (people) => this.#change({ people }));
    this.#connection = new Connection({
      api: this.api,
      socket: options.socket ?? browserSocket,
      random,
      device: options.device,
      cursor: () => ({ epoch: this.#epoch, cursor: this.#streams?.cursor ?? {} }),
      frame: (frame) => this.#frame(frame),
      state: (state, retryInMs) => this.#stateChanged(state, retryInMs),
      ended: () => this.#events.emit('ended', undefined),
    });
    this.#commands = new Commands(
      this.#persistence,
      {
        send: (text) => this.#connection.send(text),
        generation: () => this.#connection.generation,
        random,
        resent: () => {
          this.counters.resends++;
        },
      },
      () => this.#outboxChanged(),
    );
  }

  // ---- life -------------------------------------------------------------------------------------

  /** Loads what was kept and connects; keeps connecting until `stop`. Resolves when loaded. */
  async start(account?: AccountId): Promise<void> {
    const id = account ?? (await this.api.me()).id;
    const saved = await this.#persistence.open(id);
    this.#streams = new Streams(id, saved.cursors);
    this.#epoch = saved.epoch;
    for (const conversation of saved.conversations) this.#setView(viewOf(conversation));
    for (const [conversation, from] of saved.windows) {
      const messages = saved.messages.filter((m) => m.conversation === conversation);
      this.#windows.set(conversation, new MessageWindow(conversation, from, messages));
    }
    await this.#commands.start(saved.outbox);
    this.#connection.start();
  }

  /** Disconnects. What was not answered stays in the store. */
  async stop(): Promise<void> {
    this.#connection.stop();
    this.#commands.stop();
    for (const timeline of [...this.#timelines.values()]) timeline.close();
    await this.#persistence.close();
  }

  /** Ends the session and forgets what was kept on this device. */
  async logout(): Promise<void> {
    await this.api.logout();
    this.#connection.stop();
    await this.#persistence.clear();
    await this.stop();
  }

  /** Resolves when everything that was missed has come. */
  whenLive(): Promise<void> {
    if (this.state === 'live') return Promise.resolve();
    return new Promise((resolve) => this.#live.push(resolve));
  }

  /** The network is back, the page is looked at again: do not wait. */
  nudge(): void {
    this.#connection.nudge();
  }

  /** The network is known to be gone. */
  networkLost(): void {
    this.#connection.lost();
  }

  // ---- what it shows ------------------------------------------------------------------------------

  get state(): ConnectionState {
    return this.#connection.state;
  }

  get me(): Me | null {
    return this.#snapshot.me;
  }

  get snapshot(): ClientSnapshot {
    return this.#snapshot;
  }

  /** Called after the snapshot has changed, at most once a turn. Returns how to unsubscribe. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Listens to one kind of {@link ClientEvents}. Returns how to stop. */
  on<K extends keyof ClientEvents>(
    kind: K,
    listener: (value: ClientEvents[K]) => void,
  ): () => void {
    return this.#events.on(kind, listener);
  }

  /** Every event that is applied: once, in the order of seq for each stream. */
  onEvent(listener: (event: Event) => void): () => void {
    return this.#events.on('event', listener);
  }

  /** How far each stream was applied. */
  get cursors(): ReadonlyMap<StreamId, Seq> {
    return new Map(Object.entries(this.#streams?.cursor ?? {}) as [StreamId, Seq][]);
  }

  /** The messages of a conversation; one timeline for each, until it is closed. */
  timeline(conversation: ConversationId): Timeline {
    const open = this.#timelines.get(conversation);
    if (open) return open;
    const timeline = new Timeline(
      conversation,
      {
        api: this.api,
        me: () => this.#snapshot.me?.id ?? null,
        window: () => this.#windows.get(conversation),
        view: () => this.#snapshot.conversations.get(conversation),
        outbox: () => this.#snapshot.outbox,
        taken: (messages, from) => this.#persistence.window(conversation, from, messages),
      },
      () => this.#timelines.delete(conversation),
    );
    this.#timelines.set(conversation, timeline);
    return timeline;
  }

  /** Somebody’s name, loaded when it is not known yet. */
  wantPerson(id: AccountId): void {
    this.#people.want(id);
  }

  /** Reads how far the members of a conversation have read. */
  async loadReceipts(conversation: ConversationId): Promise<void> {
    const { items } = await this.api.members(conversation, { limit: LIMITS.receiptsMembers });
    for (const member of items) {
      if (member.readSeq !== null) this.#receipt(conversation, member.account, member.readSeq);
    }
  }

  // ---- commands -----------------------------------------------------------------------------------

  /** Posts a message. */
  post(conversation: ConversationId, body: string): Sent {
    return this.#commands.send({ op: 'post', id: newId(), conversation, body });
  }

  /** Gives one’s own message another body. */
  edit(conversation: ConversationId, message: Seq, body: string): Sent {
    return this.#commands.send({ op: 'edit', id: newId(), conversation, message, body });
  }

  /** Deletes one’s own message. */
  remove(conversation: ConversationId, message: Seq): Sent {
    return this.#commands.send({ op: 'delete', id: newId(), conversation, message });
  }

  /** Puts an emoji on a message. */
  react(conversation: ConversationId, message: Seq, emoji: string): Sent {
    return this.#commands.send({ op: 'react', id: newId(), conversation, message, emoji });
  }

  /** Takes one’s emoji off a message. */
  unreact(conversation: ConversationId, message: Seq, emoji: string): Sent {
    return this.#commands.send({ op: 'unreact', id: newId(), conversation, message, emoji });
  }

  /** Moves the read cursor forward to `seq`; with `unread` it may go back. */
  read(conversation: ConversationId, seq: Seq, options: { unread?: boolean } = {}): Sent {
    const view = this.#snapshot.conversations.get(conversation);
    if (view && !options.unread && this.#snapshot.me) {
      const window = this.#windows.get(conversation);
      this.#setView(readHere(view, seq, this.#snapshot.me.id, window));
    }
    const unread = options.unread === true && { unread: true };
    return this.#commands.send({ op: 'read', id: newId(), conversation, seq, ...unread });
  }

  /** Tells the other members that the person types; as often as one likes, told seldom. */
  typing(conversation: ConversationId): void {
    if (!this.#typing.mayTell(conversation)) return;
    this.#connection.send(JSON.stringify({ op: 'typing', conversation }));
  }

  /** Whether the person is at the device. */
  setPresence(state: 'active' | 'idle'): void {
    this.#presenceState = state;
    this.#connection.send(JSON.stringify({ op: 'presence', state }));
  }

  /** Sends a refused message again, as a new command. */
  retry(id: ClientId): Sent | null {
    const entry = this.#commands.failed(id);
    if (!entry) return null;
    this.#commands.discard(id);
    return this.#commands.send({ ...entry.command, id: newId() });
  }

  /** Throws a refused message away. */
  discard(id: ClientId): void {
    this.#commands.discard(id);
  }

  // ---- frames -------------------------------------------------------------------------------------

  #frame(frame: ServerFrame): void {
    switch (frame.op) {
      case 'event':
        this.#event(frame);
        break;
      case 'ack':
        this.#ack(frame);
        break;
      case 'nack':
        this.#nack(frame);
        break;
      case 'ready':
        this.#ready(frame);
        break;
      case 'reset':
        this.#reset(frame.stream, frame.lastSeq);
        break;
      case 'conversation':
        this.#opened(frame.conversation);
        break;
      case 'live':
        this.#caughtUp();
        break;
      case 'ping':
        this.#ping(frame.heads, frame.readVersion);
        break;
      case 'read':
        this.#readMoved(frame.version, frame.cursor);
        break;
      case 'receipt':
        this.#receipt(frame.conversation, frame.account, frame.readSeq);
        break;
      case 'typing':
        this.#typing.started(frame.conversation, frame.account);
        break;
      case 'presence':
        this.#presence(frame.changes);
        break;
    }
    // `pong` and `goodbye` concern the connection; anything else comes from a newer server.
  }

  #ready(ready: Ready): void {
    const streams = this.#streams;
    if (!streams) return;
    this.counters.connects++;
    this.#readVersion = ready.readVersion;
    if (this.#epoch !== ready.epoch) {
      // Another past than ours: nothing that was kept belongs to it (B13: once, not in a loop).
      const known = this.#epoch !== null;
      for (const stream of streams.followed) streams.drop(stream);
      for (const id of [...this.#windows.keys()]) this.#dropWindow(id);
      this.#epoch = ready.epoch;
      this.#persistence.epoch(ready.epoch);
      if (known) this.counters.resets++;
    }
    for (const { id, lastSeq } of ready.streams) {
      if (streams.at(id) === undefined) this.#setCursor(id, lastSeq);
    }
    const conversations = new Map<ConversationId, ConversationView>();
    for (const conversation of ready.conversations) {
      const before = this.#snapshot.conversations.get(conversation.id);
      const view = viewOf(conversation, before);
      conversations.set(conversation.id, view);
      this.#persistence.conversation(conversation.id, conversation);
      if (!this.#windows.has(conversation.id)) {
        const cursor = streams.at(streamOfConversation(conversation.id)) ?? conversation.lastSeq;
        this.#startWindow(conversation.id, (cursor + 1) as Seq);
      }
    }
    for (const id of this.#snapshot.conversations.keys()) {
      if (!conversations.has(id)) this.#persistence.conversation(id, null);
    }
    const presence = new Map<AccountId, 'active' | 'idle'>();
    for (const { account, state } of ready.presence)
      if (state !== 'offline') presence.set(account, state);
    this.#change({ me: ready.me, conversations, presence });
    this.#filling.clear();
    this.#fills.clear();
    if (this.#presenceState === 'idle') this.setPresence('idle');
    if (this.#options.loadPeople !== false) this.#people.load();
    // The connection takes sendings from here on; whatever was open is sent again, in order.
    this.#commands.connected(ready.limits as typeof LIMITS);
  }

  #event(event: Event): void {
    const streams = this.#streams;
    if (!streams) return;
    const { stream, seq } = event;
    switch (streams.take(event)) {
      case 'known':
        this.counters.duplicates++;
        return;
      case 'hole':
        this.#fill(stream, seq);
        return;
      case 'foreign':
        return;
    }
    this.#persistence.cursor(stream, seq);
    if (stream === WORKSPACE_STREAM) this.#workspaceEvent(event);
    else if (stream !== streamOfAccount(this.#meId)) this.#conversationEvent(event);
    this.#events.emit('event', event);
  }

  #conversationEvent(event: Event): void {
    const id = conversationOfStream(event.stream);
    const me = this.#meId;
    let window = this.#windows.get(id);
    if (event.type === 'member.joined' && event.data.account === me) {
      window = this.#startWindow(id, event.seq);
    }
    const message = window?.apply(event);
    if (message) this.#persistence.message(message);
    const view = this.#snapshot.conversations.get(id);
    if (view && window) {
      const next = reduce(view, event, me, window);
      this.#setView(next);
      if (event.type === 'message.posted') this.#typing.stopped(id, event.actor);
    }
    const left = event.type === 'member.left' && event.data.account === me;
    if (left || event.type === 'conversation.deleted') this.#left(id);
    const from = this.#timelines.has(id) ? null : (window?.trim() ?? null);
    if (from !== null) this.#persistence.window(id, from, []);
    this.#timelines.get(id)?.changed();
  }

  #workspaceEvent(event: Event): void {
    switch (event.type) {
      case 'user.registered': {
        const { account: id, username, displayName } = event.data;
        const person: Person = { id, username, displayName, isActive: true, createdAt: event.at };
        this.#people.put(person);
        if (this.state === 'live' && id !== this.#meId) this.#events.emit('registered', person);
        return;
      }
      case 'user.role_changed':
        this.#changeMe(event.data.account, { role: event.data.role });
        return;
      case 'user.updated': {
        const { account, username, displayName } = event.data;
        this.#changeMe(account, { username, displayName });
        this.#people.refresh(account);
        return;
      }
      case 'user.deactivated':
      case 'user.reactivated':
      case 'user.deleted':
        this.#people.refresh(event.data.account);
        return;
    }
  }

  #changeMe(account: AccountId, change: Partial<Me>): void {
    const { me } = this.#snapshot;
    if (me?.id === account) this.#change({ me: { ...me, ...change } });
  }

  #ack(ack: Ack): void {
    if (this.#fills.delete(ack.id)) return;
    this.#commands.acked(ack, (entry) => {
      this.#ackedPost(entry, ack);
      this.#events.emit('ack', { entry, ack });
    });
  }

  /** The ack may come before the event: the row is stored, and keeps its place (R11). */
  #ackedPost(entry: OutboxEntry, ack: Ack): void {
    const { command } = entry;
    if (command.op !== 'post') return;
    this.#windows.get(command.conversation)?.acked(
      {
        conversation: command.conversation,
        seq: ack.seq,
        author: this.#meId,
        body: command.body,
        postedAt: ack.at,
        editedAt: null,
        deletedAt: null,
        changedSeq: ack.seq,
        reactions: [],
      },
      entry.id,
    );
  }

  #nack(nack: Nack): void {
    const id = nack.id as ClientId | null;
    if (id === null) return;
    const stream = this.#fills.get(id);
    if (stream !== undefined) {
      this.#fills.delete(id);
      this.#filling.delete(stream);
      // Not ours any more; or the server asks to wait, and the next ping shows the hole again.
      if (nack.code === 'not_found') this.#dropStream(stream);
      return;
    }
    const refused = this.#commands.nacked(nack);
    if (refused) this.#events.emit('nack', refused);
  }

  #fill(stream: StreamId, seen: Seq): void {
    const after = this.#streams?.at(stream);
    if (after === undefined || this.#filling.has(stream)) return;
    const id = newId();
    if (!this.#connection.send(JSON.stringify({ op: 'fill', id, stream, after }))) return;
    this.#filling.add(stream);
    this.#fills.set(id, stream);
    this.counters.gapFills++;
    this.#events.emit('gap', { stream, after, seen });
    // One at a time: another is asked for when this one has brought nothing.
    setTimeout(() => this.#filling.delete(stream), HEAD_GRACE_MS);
  }

  #reset(stream: StreamId, lastSeq: Seq): void {
    const streams = this.#streams;
    if (!streams) return;
    const mine = stream === WORKSPACE_STREAM || stream === streamOfAccount(this.#meId);
    const id = conversationOfStream(stream);
    if (!mine && !this.#snapshot.conversations.has(id)) {
      this.#dropStream(stream);
      return;
    }
    this.counters.resets++;
    this.#setCursor(stream, lastSeq);
    if (stream === WORKSPACE_STREAM) this.#people.load();
    if (!mine) {
      this.#startWindow(id, (lastSeq + 1) as Seq);
      this.#timelines.get(id)?.restarted();
    }
    this.#events.emit('reset', { stream, lastSeq });
  }

  #opened(conversation: Conversation): void {
    const stream = streamOfConversation(conversation.id);
    this.#setView(viewOf(conversation, this.#snapshot.conversations.get(conversation.id)));
    this.#persistence.conversation(conversation.id, conversation);
    const before = (conversation.joinedSeq - 1) as Seq;
    if ((this.#streams?.at(stream) ?? -1) < before) {
      this.#setCursor(stream, before);
      this.#startWindow(conversation.id, conversation.joinedSeq);
    }
  }

  #caughtUp(): void {
    // What was left while away has told its end by now.
    const streams = this.#streams;
    for (const stream of streams?.followed ?? []) {
      const mine = stream === WORKSPACE_STREAM || stream === streamOfAccount(this.#meId);
      if (!mine && !this.#snapshot.conversations.has(conversationOfStream(stream)))
        this.#dropStream(stream);
    }
    for (const timeline of this.#timelines.values()) timeline.caughtUp();
  }

  #ping(heads: Readonly<Record<string, Seq>>, readVersion: number): void {
    if (readVersion > this.#readVersion) void this.#fetchCursors();
    // The server has written these to this socket before its ping: whatever is missing is a hole.
    for (const [stream, head] of Object.entries(heads) as [StreamId, Seq][]) {
      const cursor = this.#streams?.at(stream);
      if (cursor !== undefined && cursor < head) this.#fill(stream, head);
    }
  }

  // ---- read cursors, signals ------------------------------------------------------------------------

  #readMoved(version: number, cursor: ReadCursor): void {
    if (version > this.#readVersion + 1) void this.#fetchCursors();
    if (version > this.#readVersion) this.#readVersion = version;
    this.#setReadCursor(cursor);
  }

  async #fetchCursors(): Promise<void> {
    try {
      const { readVersion, items } = await this.api.cursors();
      this.#readVersion = Math.max(this.#readVersion, readVersion);
      for (const cursor of items) this.#setReadCursor(cursor);
    } catch (error) {
      // The next ping shows the hole again.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  #setReadCursor(cursor: ReadCursor): void {
    const view = this.#snapshot.conversations.get(cursor.conversation);
    const window = this.#windows.get(cursor.conversation);
    if (view) this.#setView(withCursor(view, cursor, this.#meId, window));
  }

  #receipt(conversation: ConversationId, account: AccountId, readSeq: Seq): void {
    const view = this.#snapshot.conversations.get(conversation);
    if (!view || account === this.#meId) return;
    const next = withReceipt(view, account, readSeq);
    if (next === view) return;
    this.#setView(next);
    this.#timelines.get(conversation)?.changed();
  }

  #presence(
    changes: readonly { account: AccountId; state: 'active' | 'idle' | 'offline' }[],
  ): void {
    const presence = new Map(this.#snapshot.presence);
    for (const { account, state } of changes) {
      if (state === 'offline') presence.delete(account);
      else presence.set(account, state);
    }
    this.#change({ presence });
  }

  // ---- state ------------------------------------------------------------------------------------------

  #stateChanged(state: ConnectionState, retryInMs: number | null): void {
    if (state === 'offline' || state === 'connecting') this.#commands.disconnected();
    if (state === 'live') for (const resolve of this.#live.splice(0)) resolve();
    this.#change({ state, retryAt: retryInMs === null ? null : Date.now() + retryInMs });
  }

  get #meId(): AccountId {
    return (this.#snapshot.me?.id ?? '') as AccountId;
  }

  #setCursor(stream: StreamId, seq: Seq): void {
    this.#streams?.set(stream, seq);
    this.#persistence.cursor(stream, seq);
  }

  #dropStream(stream: StreamId): void {
    this.#streams?.drop(stream);
    this.#persistence.cursor(stream, null);
    this.#dropWindow(conversationOfStream(stream));
  }

  #startWindow(conversation: ConversationId, from: Seq): MessageWindow {
    const window = new MessageWindow(conversation, from);
    this.#windows.set(conversation, window);
    this.#persistence.restartWindow(conversation, from);
    return window;
  }

  #dropWindow(conversation: ConversationId): void {
    this.#windows.delete(conversation);
    this.#persistence.dropWindow(conversation);
  }

  #left(id: ConversationId): void {
    const conversations = new Map(this.#snapshot.conversations);
    conversations.delete(id);
    this.#persistence.conversation(id, null);
    this.#dropWindow(id);
    this.#change({ conversations });
  }

  #setView(view: ConversationView): void {
    if (this.#snapshot.conversations.get(view.id) === view) return;
    this.#change({ conversations: new Map(this.#snapshot.conversations).set(view.id, view) });
  }

  #outboxChanged(): void {
    const outbox = this.#commands.entries;
    this.#change({ outbox });
    for (const timeline of this.#timelines.values()) timeline.changed();
  }

  #change(part: Partial<ClientSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...part };
    if (this.#notifying) return;
    this.#notifying = true;
    queueMicrotask(() => {
      this.#notifying = false;
      for (const listener of this.#listeners) listener();
    });
  }
}
