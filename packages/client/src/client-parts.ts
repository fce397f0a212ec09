import type { AccountId } from '@parley/protocol';
import { Connection, type ConnectionState } from './connection/connection.ts';
import { browserSocket } from './connection/socket.ts';
import { viewOf } from './conversations/conversations.ts';
import { Typing } from './conversations/typing.ts';
import { OpenTimelines } from './delivery/open-timelines.ts';
import { Receiver } from './delivery/receiver.ts';
import { Emitter } from './lib/emitter.ts';
import { Commands } from './outbox/commands.ts';
import type { ClientCounters, ClientEvents, ClientOptions } from './state/client-types.ts';
import { LoadedState } from './state/loaded-state.ts';
import { ClientState } from './state/state.ts';
import { Persistence } from './storage/persistence.ts';
import { MemoryStore, type SavedState } from './storage/store.ts';
import { LocalStreams } from './streams/local-streams.ts';
import { Presence } from './workspace/presence.ts';
import { Users } from './workspace/users.ts';

/** The modules of a client, connected to each other. `ParleyClient` is the interface that programs use. */
export class ClientParts {
  readonly counters: ClientCounters = {
    connects: 0,
    resends: 0,
    gapFills: 0,
    duplicates: 0,
    resets: 0,
  };
  readonly events = new Emitter<ClientEvents>();
  readonly state: ClientState;
  readonly connection: Connection;
  readonly commands: Commands;
  readonly persistence: Persistence;
  readonly users: Users;
  readonly typing: Typing;
  readonly presence: Presence;
  readonly loaded: LoadedState;
  readonly timelines: OpenTimelines;
  readonly #options: ClientOptions;
  readonly #random: () => number;
  readonly #live: (() => void)[] = [];
  #local: LocalStreams | null = null;
  #receiver: Receiver | null = null;
  #presenceState: 'active' | 'idle' = 'active';

  /** `ended` is called when the session has ended. */
  constructor(options: ClientOptions, ended: () => void) {
    const { api } = options;
    const random = options.random ?? Math.random;
    this.#options = options;
    this.#random = random;
    this.persistence = new Persistence(options.store ?? new MemoryStore(), (error) =>
      this.events.emit('storage', error),
    );
    this.state = new ClientState(
      () => this.commands.entries,
      (me) => this.persistence.state({ me }),
      options.schedule,
    );
    const shared = { api, state: this.state, persistence: this.persistence, random };
    const local = () => this.#local;
    this.loaded = new LoadedState({ ...shared, events: this.events, local });
    this.timelines = new OpenTimelines({ ...shared, local });
    this.users = new Users(
      api,
      (users) => this.state.change({ users }),
      (users) => this.persistence.state({ users }),
    );
    this.typing = new Typing((typing) => this.state.change({ typing }));
    this.presence = new Presence({
      ofAll: options.presence !== 'subscribed',
      send: (text) => this.connection.send(text),
      me: () => this.#local?.account ?? null,
      onChange: (shown) => this.state.change(shown),
    });
    this.connection = this.#newConnection(ended);
    this.commands = this.#newCommands();
  }

  /** The streams of the account; null before {@link load}. */
  get local(): LocalStreams | null {
    return this.#local;
  }

  /** What processes the frames of the server; null before {@link load}. */
  get receiver(): Receiver | null {
    return this.#receiver;
  }

  /** Loads what is stored of an account. */
  async load(id: AccountId): Promise<void> {
    const saved = await this.persistence.open(id);
    const local = new LocalStreams(id, saved, this.persistence, (conversation) =>
      this.timelines.restarted(conversation),
    );
    this.#local = local;
    this.#receiver = this.#newReceiver(local);
    this.#restore(saved.state ?? {});
    this.loaded.restoreChanges(saved.changes ?? []);
    for (const conversation of saved.conversations) this.state.setView(viewOf(conversation));
    await this.commands.start(saved.outbox);
  }

  /** Disconnects. Commands wait for the next connection. */
  disconnect(): void {
    this.connection.stop();
    this.commands.stop();
    this.#receiver?.stop();
  }

  /** Removes the account’s data from memory: the client may be started with another account. */
  dropAccount(): void {
    this.#local = null;
    this.#receiver = null;
    this.commands.clear();
    this.users.clear();
    this.loaded.clear();
    this.typing.clear();
    this.presence.clear();
    this.state.clear();
  }

  /** Resolves when the client is live. */
  whenLive(): Promise<void> {
    if (this.connection.state === 'live') return Promise.resolve();
    return new Promise((resolve) => this.#live.push(resolve));
  }

  /** Reports whether the user is active on this device, now and on each later connection. */
  setPresence(state: 'active' | 'idle'): void {
    this.#presenceState = state;
    this.connection.send(JSON.stringify({ op: 'presence', state }));
  }

  #newConnection(ended: () => void): Connection {
    const { api, socket = browserSocket, device } = this.#options;
    return new Connection({
      api,
      socket,
      random: this.#random,
      device,
      cursor: () => ({
        epoch: this.#local?.epoch ?? null,
        cursor: this.#local?.streams.helloCursor ?? {},
      }),
      resend: (cursor) => this.#receiver?.resend(cursor),
      presence: () => this.presence.accountsForHello(),
      account: () => this.#local?.account ?? null,
      frame: (frame) => this.#receiver?.frame(frame),
      state: (state, retryInMs) => this.#stateChanged(state, retryInMs),
      ended,
    });
  }

  #newCommands(): Commands {
    const connection = {
      send: (text: string) => this.connection.send(text),
      generation: () => this.connection.generation,
      random: this.#random,
      resent: () => {
        this.counters.resends++;
      },
    };
    return new Commands(this.persistence, connection, () => {
      this.state.outboxChanged();
      this.timelines.outboxChanged();
    });
  }

  #newReceiver(local: LocalStreams): Receiver {
    return new Receiver({
      api: this.#options.api,
      state: this.state,
      local,
      persistence: this.persistence,
      commands: this.commands,
      users: this.users,
      typing: this.typing,
      presence: this.presence,
      loaded: this.loaded,
      timelines: this.timelines,
      events: this.events,
      counters: this.counters,
      random: this.#random,
      send: (text) => this.connection.send(text),
      isLive: () => this.connection.state === 'live',
      onReady: () => {
        if (this.#presenceState === 'idle') this.setPresence('idle');
        if (this.#options.loadUsers !== false) this.users.load();
      },
    });
  }

  /** Shows the stored state until the server sends a newer one. */
  #restore({ me, sidebar, notifications, users }: SavedState): void {
    if (me && this.state.me === null) this.state.change({ me });
    if (sidebar) this.loaded.sidebar.restore(sidebar);
    if (notifications) this.loaded.notifications.restore(notifications);
    this.users.restore(users ?? []);
  }

  #stateChanged(state: ConnectionState, retryInMs: number | null): void {
    if (state === 'offline' || state === 'connecting') this.commands.disconnected();
    if (state === 'live') {
      for (const resolve of this.#live.splice(0)) resolve();
      void this.loaded.sendChanges();
    }
    this.state.change({ state, retryAt: retryInMs === null ? null : Date.now() + retryInMs });
  }
}
