import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type Event,
  LIMITS,
  type Me,
  type Seq,
  type StreamId,
} from '@parley/protocol';
import type { Activity } from './activity.ts';
import type { ParleyApi, PostOptions } from './api.ts';
import type {
  ClientCounters,
  ClientEvents,
  ClientOptions,
  ClientSnapshot,
  Sent,
} from './client-types.ts';
import { Commands, newId } from './commands.ts';
import { Connection, type ConnectionState } from './connection.ts';
import { readHere, unreadHere, viewOf } from './conversations.ts';
import type { CustomEmojiList } from './custom-emoji.ts';
import type { Drafts } from './drafts.ts';
import { Emitter } from './emitter.ts';
import { LoadedState } from './loaded-state.ts';
import { type LocalSearchResults, searchLocally } from './local-search.ts';
import { LocalStreams } from './local-streams.ts';
import type { Notifications } from './notifications.ts';
import type { OpenReports } from './open-reports.ts';
import { OpenTimelines } from './open-timelines.ts';
import { Persistence } from './persistence.ts';
import { Presence } from './presence.ts';
import { Receiver } from './receiver.ts';
import type { SidebarState } from './sidebar.ts';
import { browserSocket } from './socket.ts';
import { ClientState } from './state.ts';
import { MemoryStore, type SavedState } from './store.ts';
import { TaskQueue } from './task-queue.ts';
import type { Thread } from './thread.ts';
import type { Threads } from './threads.ts';
import type { Timeline } from './timeline.ts';
import { Typing } from './typing.ts';
import type { UserGroups } from './user-groups.ts';
import { Users } from './users.ts';

/**
 * A connection to a Parley server and its state: missed events are fetched, known events are not
 * applied twice, and commands are sent until they are answered.
 */
export class ParleyClient {
  readonly api: ParleyApi;
  /** The user groups of the server; the snapshot has them from the first `load()` on. */
  readonly userGroups: UserGroups;
  /** The custom emoji of the server; the snapshot has them from the first `load()` on. */
  readonly emoji: CustomEmojiList;
  /** The account’s drafts, the same on all its devices. */
  readonly drafts: Drafts;
  /** The threads that the account follows, with their unread counts. */
  readonly threads: Threads;
  /** What the account wants to be notified of, the same on all its devices. */
  readonly notifications: Notifications;
  /** How the account arranges its conversations, the same on all its devices. */
  readonly sidebar: SidebarState;
  /** How much of the activity of the account is unread. */
  readonly activity: Activity;
  /** How many open reports of messages the account may read. */
  readonly openReports: OpenReports;
  readonly counters: ClientCounters = {
    connects: 0,
    resends: 0,
    gapFills: 0,
    duplicates: 0,
    resets: 0,
  };
  readonly #options: ClientOptions;
  readonly #events = new Emitter<ClientEvents>();
  readonly #state: ClientState;
  readonly #connection: Connection;
  readonly #commands: Commands;
  readonly #persistence: Persistence;
  readonly #users: Users;
  readonly #typing: Typing;
  readonly #presence: Presence;
  readonly #loaded: LoadedState;
  readonly #timelines: OpenTimelines;
  readonly #live: (() => void)[] = [];
  /** Set by `start`, like the receiver. */
  #local: LocalStreams | null = null;
  #receiver: Receiver | null = null;
  #presenceState: 'active' | 'idle' = 'active';
  /** True after `start`, false after `stop` or `forget`. A start in progress connects only while it is true. */
  #isWanted = false;
  /** Runs start, stop and forget one at a time, in the order of the calls, because stop and forget close the store. */
  readonly #lifecycle = new TaskQueue();

  constructor(options: ClientOptions) {
    this.#options = options;
    this.api = options.api;
    this.#persistence = new Persistence(options.store ?? new MemoryStore(), (error) =>
      this.#events.emit('storage', error),
    );
    this.#state = new ClientState(
      () => this.#commands.entries,
      (me) => this.#persistence.state({ me }),
      options.schedule,
    );
    const random = options.random ?? Math.random;
    const { api } = options;
    const shared = { api, state: this.#state, persistence: this.#persistence, random };
    const local = () => this.#local;
    this.#loaded = new LoadedState({ ...shared, events: this.#events, local });
    this.userGroups = this.#loaded.userGroups;
    this.emoji = this.#loaded.emoji;
    this.drafts = this.#loaded.drafts;
    this.threads = this.#loaded.threads;
    this.notifications = this.#loaded.notifications;
    this.sidebar = this.#loaded.sidebar;
    this.activity = this.#loaded.activity;
    this.openReports = this.#loaded.openReports;
    this.#timelines = new OpenTimelines({ ...shared, local });
    this.#users = new Users(
      this.api,
      (users) => this.#state.change({ users }),
      (users) => this.#persistence.state({ users }),
    );
    this.#typing = new Typing((typing) => this.#state.change({ typing }));
    this.#presence = new Presence({
      ofAll: options.presence !== 'subscribed',
      send: (text) => this.#connection.send(text),
      me: () => this.#local?.account ?? null,
      onChange: (shown) => this.#state.change(shown),
    });
    this.#connection = new Connection({
      api: this.api,
      socket: options.socket ?? browserSocket,
      random,
      device: options.device,
      cursor: () => ({
        epoch: this.#local?.epoch ?? null,
        cursor: this.#local?.streams.helloCursor ?? {},
      }),
      resend: (cursor) => this.#receiver?.resend(cursor),
      presence: () => this.#presence.greet(),
      account: () => this.#local?.account ?? null,
      frame: (frame) => this.#receiver?.frame(frame),
      state: (state, retryInMs) => this.#stateChanged(state, retryInMs),
      ended: () => this.#sessionEnded(),
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

  // ---- lifecycle ---------------------------------------------------------------------------

  /**
   * Loads stored data and connects; stays connected until `stop`. Resolves when the data is loaded.
   */
  async start(account?: AccountId): Promise<void> {
    this.#isWanted = true;
    const id = account ?? (await this.api.me()).id;
    this.api.actAs(id);
    await this.#lifecycle.run(async () => {
      if (!this.#isWanted) return;
      if (this.#local !== null && this.#local.account !== id) this.#dropAccount();
      const loaded = this.#load(id);
      this.#connection.start(loaded);
      await loaded;
    });
  }

  /**
   * Disconnects. Unanswered commands stay in the store, which is closed when the promise resolves.
   * A start in progress ends without a connection.
   */
  stop(): Promise<void> {
    this.#isWanted = false;
    this.#disconnect();
    this.#timelines.close();
    return this.#lifecycle.run(async () => {
      // Again, because an earlier start may have connected meanwhile.
      this.#disconnect();
      this.#timelines.close();
      await this.#persistence.close();
    });
  }

  /** Ends the session and deletes what was stored on this device. */
  async logout(): Promise<void> {
    await this.api.logout();
    await this.forget();
  }

  /** Disconnects and deletes what was stored on this device, if the session has already ended. */
  forget(): Promise<void> {
    this.#isWanted = false;
    this.#disconnect();
    return this.#lifecycle.run(async () => {
      this.#disconnect();
      await this.#persistence.clear();
      this.#timelines.close();
      await this.#persistence.close();
      this.#dropAccount();
    });
  }

  /** Reloads the user’s own account after a change that no event announces. */
  async refreshMe(): Promise<void> {
    this.#state.change({ me: await this.api.me() });
  }

  /** Resolves when the client is live: all missed events have arrived. */
  whenLive(): Promise<void> {
    if (this.state === 'live') return Promise.resolve();
    return new Promise((resolve) => this.#live.push(resolve));
  }

  /** Reconnects without delay: the network is back, or the page is visible again. */
  nudge(): void {
    this.#connection.nudge();
  }

  /** Closes the connection without waiting for a timeout: the network is known to be lost. */
  networkLost(): void {
    this.#connection.lost();
  }

  // ---- state ---------------------------------------------------------------------------------

  get state(): ConnectionState {
    return this.#connection.state;
  }

  get me(): Me | null {
    return this.#state.me;
  }

  get snapshot(): ClientSnapshot {
    return this.#state.snapshot;
  }

  /**
   * Registers a listener that is called after the snapshot has changed, at most once per turn.
   * Returns a function that unsubscribes it.
   */
  subscribe(listener: () => void): () => void {
    return this.#state.subscribe(listener);
  }

  /**
   * Registers a listener for one kind of {@link ClientEvents}. Returns a function that removes it.
   */
  on<K extends keyof ClientEvents>(
    kind: K,
    listener: (value: ClientEvents[K]) => void,
  ): () => void {
    return this.#events.on(kind, listener);
  }

  /**
   * Registers a listener for every event that is applied: once, in the order of seq within each
   * stream.
   */
  onEvent(listener: (event: Event) => void): () => void {
    return this.#events.on('event', listener);
  }

  /** The seq up to which each stream was applied. */
  get cursors(): ReadonlyMap<StreamId, Seq> {
    return new Map(Object.entries(this.#local?.streams.cursor ?? {}) as [StreamId, Seq][]);
  }

  /** Returns the timeline of a conversation: the same object until it is closed. */
  timeline(conversation: ConversationId): Timeline {
    return this.#timelines.timeline(conversation);
  }

  /** Returns a thread of a conversation, identified by the seq of its root: the same object until it is closed. */
  thread(conversation: ConversationId, root: Seq): Thread {
    return this.#timelines.thread(conversation, root);
  }

  /**
   * Searches the messages on this device, which are the latest ones of each conversation, for when the server can’t be
   * reached.
   */
  searchLocally(query: string): LocalSearchResults {
    const { users, conversations } = this.snapshot;
    const messages = this.#local?.messages ?? [];
    return searchLocally(query, { me: this.#state.meId, messages, users, conversations });
  }

  /** Loads a user’s name into the snapshot, unless it is there already. */
  loadUser(id: AccountId): void {
    this.#users.loadUser(id);
  }

  /** Loads the read receipts of the members of a conversation. */
  async loadReceipts(conversation: ConversationId): Promise<void> {
    const { items } = await this.api.members(conversation, { limit: LIMITS.receiptsMembers });
    for (const { account, readSeq } of items) {
      if (readSeq !== null) this.#receiver?.receipt(conversation, account, readSeq);
    }
  }

  // ---- commands -----------------------------------------------------------------------------------

  /**
   * Posts a message. A program that replies to a message passes an `id` derived from it (`derivedId` of
   * `@parley/client/node`): if it replies again after a crash, the server stores only one reply.
   */
  post(conversation: ConversationId, body: string, options: PostOptions = {}): Sent {
    const { id = newId(), replyTo, thread, alsoInConversation, attachments = [] } = options;
    const quote = replyTo !== undefined && { replyTo };
    const place = thread !== undefined && {
      thread,
      ...(alsoInConversation && { alsoInConversation }),
    };
    const files = attachments.length > 0 && { attachments: [...attachments] };
    return this.#commands.send({
      op: 'post',
      id,
      conversation,
      body,
      ...quote,
      ...place,
      ...files,
    });
  }

  /** Edits one of the user’s own messages. */
  edit(conversation: ConversationId, message: Seq, body: string): Sent {
    return this.#commands.send({ op: 'edit', id: newId(), conversation, message, body });
  }

  /** Deletes one of the user’s own messages. */
  remove(conversation: ConversationId, message: Seq): Sent {
    return this.#commands.send({ op: 'delete', id: newId(), conversation, message });
  }

  /** Reacts to a message with an emoji. */
  react(conversation: ConversationId, message: Seq, emoji: string): Sent {
    return this.#commands.send({ op: 'react', id: newId(), conversation, message, emoji });
  }

  /** Removes one of the user’s own reactions from a message. */
  unreact(conversation: ConversationId, message: Seq, emoji: string): Sent {
    return this.#commands.send({ op: 'unreact', id: newId(), conversation, message, emoji });
  }

  /** Pins a message, for all members of its conversation. */
  pin(conversation: ConversationId, message: Seq): Sent {
    return this.#commands.send({ op: 'pin', id: newId(), conversation, message });
  }

  /** Removes the pin of a message, no matter who pinned it. */
  unpin(conversation: ConversationId, message: Seq): Sent {
    return this.#commands.send({ op: 'unpin', id: newId(), conversation, message });
  }

  /**
   * Moves the read cursor forward to `seq`. With `unread` it can also move back: the messages after `seq`
   * become unread on all devices, even if another device has not received the change yet. Can be called at
   * any rate: reads that a later one supersedes before they are sent are answered together with it.
   */
  read(conversation: ConversationId, seq: Seq, options: { unread?: boolean } = {}): Sent {
    const view = this.#state.view(conversation);
    const isUnread = options.unread === true;
    const id = newId();
    if (view && this.#state.me) {
      const window = this.#local?.window(conversation);
      const move = isUnread ? unreadHere : readHere;
      this.#state.setView(move(view, seq, this.#state.meId, window));
      if (isUnread) this.#receiver?.assumed(id);
    }
    const more = {
      ...(isUnread && { unread: true }),
      // Without a view there is no cursor to compare with.
      ...(view && { revision: view.readRevision }),
    };
    return this.#commands.send({ op: 'read', id, conversation, seq, ...more });
  }

  /**
   * Sends a typing signal to the other members. Can be called at any rate; signals are throttled.
   */
  typing(conversation: ConversationId): void {
    if (!this.#typing.maySend(conversation)) return;
    this.#connection.send(JSON.stringify({ op: 'typing', conversation }));
  }

  /**
   * Subscribes to the presence of accounts, such as those on the screen: it is in the snapshot until the
   * returned function is called. Only for clients with `presence: 'subscribed'`.
   */
  subscribePresence(accounts: readonly AccountId[]): () => void {
    return this.#presence.subscribe(accounts);
  }

  /** Reports whether the user is active on this device. */
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

  /** Discards a refused message. */
  discard(id: ClientId): void {
    this.#commands.discard(id);
  }

  // ---- internals -----------------------------------------------------------------------------

  /** Loads what is stored of an account. */
  async #load(id: AccountId): Promise<void> {
    const saved = await this.#persistence.open(id);
    const local = new LocalStreams(id, saved, this.#persistence, (conversation) =>
      this.#timelines.restarted(conversation),
    );
    this.#local = local;
    this.#receiver = this.#receiverOn(local);
    this.#restore(saved.state ?? {});
    for (const conversation of saved.conversations) this.#state.setView(viewOf(conversation));
    await this.#commands.start(saved.outbox);
  }

  /** Shows the stored state until the server sends a newer one. */
  #restore({ me, sidebar, users }: SavedState): void {
    if (me && this.#state.me === null) this.#state.change({ me });
    if (sidebar) this.sidebar.restore(sidebar);
    this.#users.restore(users ?? []);
  }

  #disconnect(): void {
    this.#connection.stop();
    this.#commands.stop();
    this.#receiver?.stop();
  }

  /** Removes the account’s data from memory: the client may be started with another account. */
  #dropAccount(): void {
    this.#local = null;
    this.#receiver = null;
    this.#commands.clear();
    this.#users.clear();
    this.#loaded.clear();
    this.#typing.clear();
    this.#presence.clear();
    this.#state.clear();
  }

  #receiverOn(local: LocalStreams): Receiver {
    return new Receiver({
      api: this.api,
      state: this.#state,
      local,
      persistence: this.#persistence,
      commands: this.#commands,
      users: this.#users,
      typing: this.#typing,
      presence: this.#presence,
      loaded: this.#loaded,
      timelines: this.#timelines,
      events: this.#events,
      counters: this.counters,
      random: this.#options.random ?? Math.random,
      send: (text) => this.#connection.send(text),
      isLive: () => this.state === 'live',
      greeted: () => {
        if (this.#presenceState === 'idle') this.setPresence('idle');
        if (this.#options.loadUsers !== false) this.#users.load();
      },
    });
  }

  #sessionEnded(): void {
    const unanswered = this.#commands.entries.length;
    const keep = this.#options.keepWhenEnded === true;
    (keep ? this.stop() : this.forget()).catch((error: unknown) => {
      this.#events.emit('storage', error instanceof Error ? error : new Error(String(error)));
    });
    this.#events.emit('ended', { unanswered });
  }

  #stateChanged(state: ConnectionState, retryInMs: number | null): void {
    if (state === 'offline' || state === 'connecting') this.#commands.disconnected();
    if (state === 'live') for (const resolve of this.#live.splice(0)) resolve();
    this.#state.change({ state, retryAt: retryInMs === null ? null : Date.now() + retryInMs });
  }

  #outboxChanged(): void {
    this.#state.outboxChanged();
    this.#timelines.outboxChanged();
  }
}
