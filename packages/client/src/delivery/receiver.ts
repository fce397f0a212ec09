import {
  type AccountId,
  type Ack,
  type ClientId,
  type ConversationId,
  type Cursor,
  conversationOfStream,
  type LIMITS,
  type Nack,
  newMessage,
  type Ready,
  type Seq,
  type ServerFrame,
  type StreamId,
  streamOfAccount,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type { ParleyApi } from '../api/api.ts';
import { withReceipt } from '../conversations/conversations.ts';
import type { Typing } from '../conversations/typing.ts';
import type { Emitter } from '../lib/emitter.ts';
import type { Commands } from '../outbox/commands.ts';
import type { ClientCounters, ClientEvents } from '../state/client-types.ts';
import type { LoadedState } from '../state/loaded-state.ts';
import type { ClientState } from '../state/state.ts';
import type { Persistence } from '../storage/persistence.ts';
import type { OutboxEntry } from '../storage/store.ts';
import type { LocalStreams } from '../streams/local-streams.ts';
import type { Presence } from '../workspace/presence.ts';
import type { Users } from '../workspace/users.ts';
import { EventApplier } from './event-applier.ts';
import { Gaps } from './gaps.ts';
import { JoinedConversations } from './joined-conversations.ts';
import type { OpenTimelines } from './open-timelines.ts';
import { ReadState } from './read-state.ts';
import { Refreshes } from './refreshes.ts';

interface ReceiverDeps {
  readonly api: ParleyApi;
  readonly state: ClientState;
  readonly local: LocalStreams;
  readonly persistence: Persistence;
  readonly commands: Commands;
  readonly users: Users;
  readonly typing: Typing;
  readonly presence: Presence;
  readonly loaded: LoadedState;
  readonly timelines: OpenTimelines;
  readonly events: Emitter<ClientEvents>;
  readonly counters: ClientCounters;
  /** Random numbers in [0, 1). */
  random(): number;
  /** Sends a frame. Returns false if there is no socket. */
  send(text: string): boolean;
  /** Returns whether all missed events have arrived. */
  isLive(): boolean;
  /** Called after each `ready` was applied. */
  onReady(): void;
}

/** Processes the server’s frames in order. {@link EventApplier} applies the events among them. */
export class Receiver {
  readonly #deps: ReceiverDeps;
  readonly #gaps: Gaps;
  readonly #readState: ReadState;
  readonly #conversations: JoinedConversations;
  readonly #refreshes: Refreshes;
  readonly #events: EventApplier;

  constructor(deps: ReceiverDeps) {
    this.#deps = deps;
    const { local, events, timelines } = deps;
    this.#gaps = new Gaps({
      ...{ local, events, counters: deps.counters },
      isOpen: (conversation) => timelines.has(conversation),
      send: (text) => deps.send(text),
    });
    this.#readState = new ReadState(deps);
    this.#conversations = new JoinedConversations(deps, this.#readState);
    const { api, state, counters, random } = deps;
    this.#refreshes = new Refreshes({
      api,
      state,
      counters,
      random,
      isLive: () => deps.isLive(),
      keep: (id, snapshot) => this.#conversations.keep(id, snapshot),
      replaced: (id, before) => this.#readState.replaced(id, before),
    });
    this.#events = new EventApplier(deps, {
      gaps: this.#gaps,
      conversations: this.#conversations,
      refreshes: this.#refreshes,
    });
  }

  /** Cancels scheduled requests. */
  stop(): void {
    this.#refreshes.stop();
    this.#deps.loaded.emoji.stop();
  }

  /** Returns the `resend` of the hello with this cursor. */
  resend(cursor: Cursor): ConversationId[] | undefined {
    return this.#conversations.claim(cursor);
  }

  /** Processes a frame of the current socket. */
  frame(frame: ServerFrame): void {
    switch (frame.op) {
      case 'event':
        this.#events.apply(frame);
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
        this.#conversations.opened(frame.conversation);
        break;
      case 'live':
        this.#caughtUp();
        break;
      case 'ping':
        this.#ping(frame.heads, frame.readVersion);
        break;
      case 'read':
        this.#readState.moved(frame.version, frame.cursor);
        this.#deps.loaded.activity.cursorMoved();
        break;
      case 'draft':
        this.#readState.advanced(frame.version);
        this.#deps.loaded.drafts.apply(frame);
        break;
      case 'thread_read':
        this.#readState.advanced(frame.version);
        this.#deps.loaded.threads.moved(frame.version, frame.cursor);
        this.#deps.loaded.activity.cursorMoved();
        break;
      case 'activity':
        this.#readState.advanced(frame.version);
        this.#deps.loaded.activity.moved();
        break;
      case 'reports':
        this.#deps.loaded.openReports.moved();
        break;
      case 'receipt':
        this.receipt(frame.conversation, frame.account, frame.readSeq);
        break;
      case 'typing':
        this.#deps.typing.started(frame.conversation, frame.account);
        break;
      case 'presence':
        this.#deps.presence.apply(frame.changes);
        break;
      case 'changed':
        this.#changed(frame);
        break;
    }
    // `pong` and `goodbye` are handled by the connection; unknown frames come from a newer server.
  }

  /** Notes that this command marks a conversation as unread, and that the server has not confirmed it yet. */
  assumed(id: ClientId): void {
    this.#readState.assume(id);
  }

  /** Handles a move of another member’s read cursor. */
  receipt(conversation: ConversationId, account: AccountId, readSeq: Seq): void {
    const { state, timelines } = this.#deps;
    const view = state.view(conversation);
    if (!view || account === state.meId) return;
    const next = withReceipt(view, account, readSeq);
    if (next === view) return;
    state.setView(next);
    timelines.viewChanged(conversation);
  }

  // ---- initial state ---------------------------------------------------------------------------

  #ready(ready: Ready): void {
    const { state, local, commands, counters, onReady } = this.#deps;
    counters.connects++;
    this.#readState.begin(ready.readVersion);
    const epoch = local.begin(ready.epoch);
    if (epoch === 'other') counters.resets++;
    // A client without a stored epoch cannot tell whether its data is from this epoch.
    if (epoch === 'same') {
      this.#deps.loaded.userGroups.connected();
      this.#deps.loaded.emoji.connected();
      this.#deps.loaded.activity.connected(ready.readVersion);
    } else this.#deps.loaded.restored();
    this.#deps.loaded.openReports.moved();
    if (ready.me.role === 'guest') this.#guestConnected(epoch === 'same');
    this.#readState.refreshDrafts(ready.readVersion);
    for (const { id, lastSeq } of ready.streams) {
      if (local.streams.at(id) === undefined) local.setCursor(id, lastSeq);
    }
    state.change({ me: ready.me });
    this.#deps.presence.started(ready.presence);
    this.#conversations.begin(ready);
    this.#gaps.begin(ready);
    onReady();
    // From now on the connection can send; unanswered commands are sent again, in order.
    commands.connected(ready.limits as typeof LIMITS);
  }

  /** Reloads what a guest may have missed: guests receive no events of the workspace stream. */
  #guestConnected(hasLoaded: boolean): void {
    if (!hasLoaded) return;
    this.#deps.loaded.emoji.missed();
    this.#deps.users.loadKnown();
  }

  #caughtUp(): void {
    // By now, conversations that the account left while offline have delivered the end of the membership.
    const { state, local, timelines } = this.#deps;
    for (const stream of local.streams.subscribed) {
      if (!local.isOwn(stream) && !state.view(conversationOfStream(stream)))
        local.dropStream(stream);
    }
    this.#gaps.fillOmitted();
    timelines.caughtUp();
  }

  /** Handles the frame that guests receive instead of the events of the workspace stream. */
  #changed({ users, settings, emoji }: Extract<ServerFrame, { op: 'changed' }>): void {
    if (users) for (const id of users) this.#deps.users.refresh(id);
    else this.#deps.users.loadKnown();
    if (users === null || settings.length > 0)
      this.#refreshes.serverChanged(settings, { isOwnChange: false });
    if (emoji) this.#deps.loaded.emoji.outdated();
    // The account’s own name may have changed.
    const me = this.#deps.state.meId;
    if (users === null || users.includes(me)) this.#refreshes.ownChanged();
  }

  // ---- acks and nacks ----------------------------------------------------------------------------

  #ack(ack: Ack): void {
    if (this.#gaps.acked(ack.id)) return;
    const { commands, events } = this.#deps;
    commands.acked(ack, (entry) => {
      this.#ackedPost(entry, ack);
      const { command } = entry;
      if (command.op === 'read' && ack.seq < command.seq) this.#readState.ignored();
      events.emit('ack', { entry, ack });
    });
    this.#readState.answered(ack.id);
  }

  /** Shows an acknowledged post as stored, in its position: the ack can arrive before the event. */
  #ackedPost(entry: OutboxEntry, ack: Ack): void {
    const { command } = entry;
    if (command.op !== 'post') return;
    const { state, local, timelines } = this.#deps;
    const message = newMessage({
      conversation: command.conversation,
      seq: ack.seq,
      author: state.meId,
      body: command.body,
      postedAt: ack.at,
      replyTo: command.replyTo,
      thread: command.thread,
      alsoInConversation: command.alsoInConversation,
    });
    local.window(command.conversation)?.acked(message, entry.id);
    timelines.acked(message, entry.id);
  }

  #nack(nack: Nack): void {
    if (nack.id === null) return;
    const { local, commands, events } = this.#deps;
    const stream = this.#gaps.refused(nack);
    if (stream !== undefined) {
      // The account is no longer a member; or the server asks to wait, and the next ping shows the
      // gap again.
      if (nack.code === 'not_found') {
        local.dropStream(stream);
        if (!local.isOwn(stream)) this.#conversations.left(conversationOfStream(stream));
      }
      return;
    }
    const refused = commands.nacked(nack);
    if (!refused) return;
    this.#readState.answered(nack.id);
    events.emit('nack', refused);
  }

  // ---- gaps --------------------------------------------------------------------------------------

  #reset(stream: StreamId, lastSeq: Seq): void {
    const { state, local, users, counters, events } = this.#deps;
    const own = local.isOwn(stream);
    const id = conversationOfStream(stream);
    if (!own && !state.view(id)) {
      local.dropStream(stream);
      return;
    }
    counters.resets++;
    local.setCursor(stream, lastSeq);
    if (stream === WORKSPACE_STREAM) {
      users.load();
      this.#deps.loaded.userGroups.missed();
      this.#deps.loaded.emoji.missed();
      // The skipped events may have changed the role of this account or the settings of the server. After
      // a hello, `ready` has both.
      if (this.#deps.isLive()) this.#refreshes.serverRoleChanged();
    }
    if (stream === streamOfAccount(local.account)) {
      this.#deps.loaded.notifications.missed();
      this.#deps.loaded.sidebar.missed();
    }
    // The skipped events may include replies, or threads that were followed on another device.
    if (stream !== WORKSPACE_STREAM) this.#deps.loaded.threads.missed();
    this.#deps.loaded.activity.missed();
    if (!own) {
      local.startWindow(id, (lastSeq + 1) as Seq);
      // After a hello the view is as new as the reset; on an open socket it is older.
      if ((state.view(id)?.lastSeq ?? lastSeq) < lastSeq) void this.#refreshes.conversation(id);
    }
    events.emit('reset', { stream, lastSeq });
  }

  #ping(heads: Readonly<Record<string, Seq>>, readVersion: number): void {
    this.#readState.reported(readVersion);
    this.#deps.loaded.retry();
    this.#deps.timelines.retry();
    this.#gaps.compare(heads);
  }
}
