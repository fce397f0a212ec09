import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type Event,
  LIMITS,
  type Me,
  type Seq,
  type StreamId,
  type TimelineEvent,
} from '@parley/protocol';
import type { ParleyApi, PostOptions } from './api/api.ts';
import type { ReadOptions } from './api/rest-session.ts';
import { ClientParts } from './client-parts.ts';
import type { ConnectionState } from './connection/connection.ts';
import { readHere, unreadHere } from './conversations/conversations.ts';
import { type LocalSearchResults, searchLocally } from './conversations/local-search.ts';
import { TaskQueue } from './lib/task-queue.ts';
import { newId } from './outbox/commands.ts';
import { countUnsent } from './outbox/count-unsent.ts';
import type { Activity } from './personal/activity.ts';
import type { Drafts } from './personal/drafts.ts';
import type { Notifications } from './personal/notifications.ts';
import type { OpenReports } from './personal/open-reports.ts';
import type { SidebarState } from './personal/sidebar.ts';
import type {
  ClientCounters,
  ClientEvents,
  ClientOptions,
  ClientSnapshot,
  Sent,
} from './state/client-types.ts';
import type { ChangeOutcome } from './storage/waiting-changes.ts';
import type { Thread } from './threads/thread.ts';
import type { Threads } from './threads/threads.ts';
import type { Timeline } from './timelines/timeline.ts';
import type { TimelineEvents } from './timelines/timeline-events.ts';
import type { CustomEmojiList } from './workspace/custom-emoji.ts';
import type { UserGroups } from './workspace/user-groups.ts';

/**
 * A connection to a Parley server and its state: missed events are fetched, known events are not
 * applied twice, and commands are sent until they are answered.
 */
export class ParleyClient {
  /** The REST requests of the session. */
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
  /** How often something had to be repaired: all zero except `connects` in a run without faults. */
  readonly counters: ClientCounters;
  readonly #parts: ClientParts;
  readonly #keepWhenEnded: boolean;
  /** True after `start`, false after `stop` or `forget`. A start in progress connects only while it is true. */
  #isWanted = false;
  /** Runs start, stop and forget one at a time, in the order of the calls, because stop and forget close the store. */
  readonly #lifecycle = new TaskQueue();

  constructor(options: ClientOptions) {
    this.api = options.api;
    this.#keepWhenEnded = options.keepWhenEnded === true;
    this.#parts = new ClientParts(options, () => this.#sessionEnded());
    const { counters, loaded } = this.#parts;
    this.counters = counters;
    this.userGroups = loaded.userGroups;
    this.emoji = loaded.emoji;
    this.drafts = loaded.drafts;
    this.threads = loaded.threads;
    this.notifications = loaded.notifications;
    this.sidebar = loaded.sidebar;
    this.activity = loaded.activity;
    this.openReports = loaded.openReports;
  }

  // ---- lifecycle ---------------------------------------------------------------------------

  /**
   * Loads stored data and connects; stays connected until `stop`. Resolves when the data is loaded. Without `account`,
   * it requests the account of the session first, and throws an `ApiError` if that fails.
   */
  async start(account?: AccountId): Promise<void> {
    this.#isWanted = true;
    const id = account ?? (await this.api.me()).id;
    this.api.actAs(id);
    await this.#lifecycle.run(async () => {
      if (!this.#isWanted) return;
      if (this.#parts.local !== null && this.#parts.local.account !== id) this.#parts.dropAccount();
      const loaded = this.#parts.load(id);
      this.#parts.connection.start(loaded);
      await loaded;
    });
  }

  /**
   * Disconnects. Unanswered commands stay in the store, which is closed when the promise resolves.
   * A start in progress ends without a connection.
   */
  stop(): Promise<void> {
    this.#isWanted = false;
    this.#parts.disconnect();
    this.#parts.timelines.close();
    return this.#lifecycle.run(async () => {
      // Again, because an earlier start may have connected meanwhile.
      this.#parts.disconnect();
      this.#parts.timelines.close();
      await this.#parts.persistence.close();
    });
  }

  /** Returns how many unsent commands and changes of this device, of all its tabs, a logout would discard. */
  countUnsent(): Promise<number> {
    return countUnsent(this.snapshot, this.#parts.persistence);
  }

  /** Ends the session and deletes what was stored on this device. */
  async logout(): Promise<void> {
    await this.api.logout();
    await this.forget();
  }

  /** Disconnects and deletes what was stored on this device, if the session has already ended. */
  forget(): Promise<void> {
    this.#isWanted = false;
    this.#parts.disconnect();
    return this.#lifecycle.run(async () => {
      this.#parts.disconnect();
      await this.#parts.persistence.clear();
      this.#parts.timelines.close();
      await this.#parts.persistence.close();
      this.#parts.dropAccount();
    });
  }

  /** Reloads the user’s own account after a change that no event announces. */
  async refreshMe(): Promise<void> {
    this.#parts.state.change({ me: await this.api.me() });
  }

  /**
   * Changes the locale of the account, in whose language emails and notifications are written. Without a connection the
   * change waits.
   */
  changeLocale(locale: string): Promise<ChangeOutcome> {
    return this.#parts.loaded.changeLocale(locale);
  }

  /** Resolves when the client is live: all missed events have arrived. */
  whenLive(): Promise<void> {
    return this.#parts.whenLive();
  }

  /** Reconnects without delay: the network is back, or the page is visible again. */
  nudge(): void {
    this.#parts.connection.nudge();
  }

  /** Closes the connection without waiting for a timeout: the network is known to be lost. */
  networkLost(): void {
    this.#parts.connection.lost();
  }

  // ---- state ---------------------------------------------------------------------------------

  /** The state of the connection; `live` once all missed events have arrived. */
  get state(): ConnectionState {
    return this.#parts.connection.state;
  }

  /** The user’s own account; null until the first `ready`, unless it is stored on this device. */
  get me(): Me | null {
    return this.#parts.state.me;
  }

  /** What the client shows: the same object until something in it changes. */
  get snapshot(): ClientSnapshot {
    return this.#parts.state.snapshot;
  }

  /**
   * Registers a listener that is called after the snapshot has changed, at most once per turn.
   * Returns a function that unsubscribes it.
   */
  subscribe(listener: () => void): () => void {
    return this.#parts.state.subscribe(listener);
  }

  /**
   * Registers a listener for one kind of {@link ClientEvents}. Returns a function that removes it.
   */
  on<K extends keyof ClientEvents>(
    kind: K,
    listener: (value: ClientEvents[K]) => void,
  ): () => void {
    return this.#parts.events.on(kind, listener);
  }

  /**
   * Registers a listener for every event that is applied: once, in the order of seq within each
   * stream.
   */
  onEvent(listener: (event: Event) => void): () => void {
    return this.#parts.events.on('event', listener);
  }

  /** The seq up to which each stream was applied. */
  get cursors(): ReadonlyMap<StreamId, Seq> {
    return new Map(Object.entries(this.#parts.local?.streams.cursor ?? {}) as [StreamId, Seq][]);
  }

  /** Returns the timeline of a conversation: the same object until it is closed. */
  timeline(conversation: ConversationId): Timeline {
    return this.#parts.timelines.timeline(conversation);
  }

  /** Returns a thread of a conversation, identified by the seq of its root: the same object until it is closed. */
  thread(conversation: ConversationId, root: Seq): Thread {
    return this.#parts.timelines.thread(conversation, root);
  }

  /** Returns the events that are shown between the messages of a group, kept up to date. */
  timelineEventsOf(conversation: ConversationId): TimelineEvents {
    return this.#parts.timelines.eventsOf(conversation);
  }

  /** Returns the events that are shown between the messages of a group, of the 500 seqs after a seq, and stores them. */
  timelineEvents(
    conversation: ConversationId,
    after: Seq,
    options: ReadOptions = {},
  ): Promise<readonly TimelineEvent[]> {
    return this.#parts.timelines.events(conversation, after, options);
  }

  /** Returns those of these events that are stored on this device: the latest ones, for when the server can’t be reached. */
  storedTimelineEvents(conversation: ConversationId): Promise<readonly TimelineEvent[]> {
    return this.#parts.persistence.storedTimelineEvents(conversation);
  }

  /**
   * Searches the messages on this device, which are the latest ones of each conversation, for when the server can’t be
   * reached.
   */
  searchLocally(query: string): LocalSearchResults {
    const { users, conversations } = this.snapshot;
    const messages = this.#parts.local?.messages ?? [];
    return searchLocally(query, { me: this.#parts.state.meId, messages, users, conversations });
  }

  /** Loads a user’s name into the snapshot, unless it is there already. */
  loadUser(id: AccountId): void {
    this.#parts.users.loadUser(id);
  }

  /** Loads the read receipts of the members of a conversation. */
  async loadReceipts(conversation: ConversationId): Promise<void> {
    const { items } = await this.api.members(conversation, { limit: LIMITS.receiptsMembers });
    for (const { account, readSeq } of items) {
      if (readSeq !== null) this.#parts.receiver?.receipt(conversation, account, readSeq);
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
    return this.#parts.commands.send({
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
    return this.#parts.commands.send({ op: 'edit', id: newId(), conversation, message, body });
  }

  /** Deletes one of the user’s own messages. */
  remove(conversation: ConversationId, message: Seq): Sent {
    return this.#parts.commands.send({ op: 'delete', id: newId(), conversation, message });
  }

  /** Reacts to a message with an emoji. */
  react(conversation: ConversationId, message: Seq, emoji: string): Sent {
    return this.#parts.commands.send({ op: 'react', id: newId(), conversation, message, emoji });
  }

  /** Removes one of the user’s own reactions from a message. */
  unreact(conversation: ConversationId, message: Seq, emoji: string): Sent {
    return this.#parts.commands.send({ op: 'unreact', id: newId(), conversation, message, emoji });
  }

  /** Pins a message, for all members of its conversation. */
  pin(conversation: ConversationId, message: Seq): Sent {
    return this.#parts.commands.send({ op: 'pin', id: newId(), conversation, message });
  }

  /** Removes the pin of a message, no matter who pinned it. */
  unpin(conversation: ConversationId, message: Seq): Sent {
    return this.#parts.commands.send({ op: 'unpin', id: newId(), conversation, message });
  }

  /**
   * Moves the read cursor forward to `seq`. With `unread` it can also move back: the messages after `seq`
   * become unread on all devices, even if another device has not received the change yet. Can be called at
   * any rate: reads that a later one supersedes before they are sent are answered together with it.
   */
  read(conversation: ConversationId, seq: Seq, options: { unread?: boolean } = {}): Sent {
    const view = this.#parts.state.view(conversation);
    const isUnread = options.unread === true;
    const id = newId();
    if (view && this.#parts.state.me) {
      const window = this.#parts.local?.window(conversation);
      const move = isUnread ? unreadHere : readHere;
      this.#parts.state.setView(move(view, seq, this.#parts.state.meId, window));
      if (isUnread) this.#parts.receiver?.assumed(id);
    }
    const more = {
      ...(isUnread && { unread: true }),
      // Without a view there is no cursor to compare with.
      ...(view && { revision: view.readRevision }),
    };
    return this.#parts.commands.send({ op: 'read', id, conversation, seq, ...more });
  }

  /**
   * Sends a typing signal to the other members. Can be called at any rate; signals are throttled.
   */
  typing(conversation: ConversationId): void {
    if (!this.#parts.typing.maySend(conversation)) return;
    this.#parts.connection.send(JSON.stringify({ op: 'typing', conversation }));
  }

  /**
   * Subscribes to the presence of accounts, such as those on the screen: it is in the snapshot until the
   * returned function is called. Only for clients with `presence: 'subscribed'`.
   */
  subscribePresence(accounts: readonly AccountId[]): () => void {
    return this.#parts.presence.subscribe(accounts);
  }

  /** Reports whether the user is active on this device. */
  setPresence(state: 'active' | 'idle'): void {
    this.#parts.setPresence(state);
  }

  /** Sends a refused message again, as a new command. */
  retry(id: ClientId): Sent | null {
    const entry = this.#parts.commands.failed(id);
    if (!entry) return null;
    this.#parts.commands.discard(id);
    return this.#parts.commands.send({ ...entry.command, id: newId() });
  }

  /** Discards a refused message. */
  discard(id: ClientId): void {
    this.#parts.commands.discard(id);
  }

  #sessionEnded(): void {
    const unanswered = this.#parts.commands.entries.length;
    (this.#keepWhenEnded ? this.stop() : this.forget()).catch((error: unknown) => {
      this.#parts.events.emit('storage', error instanceof Error ? error : new Error(String(error)));
    });
    this.#parts.events.emit('ended', { unanswered });
  }
}
