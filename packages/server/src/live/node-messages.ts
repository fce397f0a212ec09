import {
  type AccountId,
  type PresenceState,
  type SessionId,
  streamOfAccount,
} from '@parley/protocol';
import type { Logger } from '../log.ts';
import type { ReadMove } from '../messages/read-cursors.ts';
import type { Broker } from '../stream/broker.ts';
import type { PresenceBoard, PresenceChange } from './presence.ts';

/** Every node tells the others this often that it is there, and how far its presences are. */
const BEAT_MS = 3_000;
/** The presences of a node that was not heard for this long are forgotten. */
const SILENT_MS = 10_000;
/** The whole is told at most this often, however many ask. */
const WHOLE_MS = 500;

type Here = Exclude<PresenceState, 'offline'>;

/** What one node has told of the people who are there. */
interface OtherNode {
  readonly states: Map<AccountId, Here>;
  /** The count of its changes up to which `states` holds. */
  version: number;
  heardAt: number;
}

/** What is done here with the notes of other nodes. */
export interface NodeMessageHandlers {
  read(account: AccountId, move: ReadMove): void;
  sessionEnded(session: SessionId): void;
}

/**
 * What the live sides of the nodes tell each other. Nothing of it is durable, and every note may
 * be lost: ended sessions and read cursors are found in the database within two seconds,
 * presences by the counts that ride on the beats.
 */
export class NodeMessages {
  readonly #broker: Broker;
  readonly #board: PresenceBoard;
  readonly #log: Logger;
  readonly #others = new Map<string, OtherNode>();
  readonly #timer: NodeJS.Timeout;
  /** Counts the changes of our own presences that were told. */
  #version = 0;
  #wholeAt = Number.NEGATIVE_INFINITY;

  constructor(broker: Broker, board: PresenceBoard, takers: NodeMessageHandlers, log: Logger) {
    this.#broker = broker;
    this.#board = board;
    this.#log = log;
    this.#on<{ account: AccountId; move: ReadMove }>('read', ({ account, move }) =>
      takers.read(account, move),
    );
    this.#on<SessionId>('session-ended', (session) => takers.sessionEnded(session));
    this.#on<{ version: number; changes: PresenceChange[] }>('presence', (note, from) =>
      this.#hearChanges(from, note.version, note.changes),
    );
    this.#on<{ version: number; whole: [AccountId, Here][] }>('presences', (note, from) =>
      this.#hearWhole(from, note.version, note.whole),
    );
    this.#on<string>('presence-missed', (of) => {
      if (of === broker.node) this.#tellWhole();
    });
    this.#on<null>('node-leaves', (_note, from) => this.#forget(from));
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
    this.#timer.unref();
  }

  /** Tells the account’s sockets elsewhere of its read cursor. */
  tellRead(account: AccountId, move: ReadMove): void {
    this.#tell(streamOfAccount(account), 'read', { account, move });
  }

  /** Tells all nodes that the session is over. */
  tellSessionEnded(session: SessionId): void {
    this.#tell(null, 'session-ended', session);
  }

  /** Tells all nodes of changes of who is here. */
  tellPresence(changes: readonly PresenceChange[]): void {
    this.#version++;
    this.#tell(null, 'presence', { version: this.#version, changes });
  }

  /** Says goodbye to the other nodes. */
  stop(): void {
    clearInterval(this.#timer);
    this.#tell(null, 'node-leaves', null);
  }

  #tell(to: Parameters<Broker['note']>[0], kind: string, note: unknown): void {
    if (this.#broker.status !== 'alone') this.#broker.note(to, kind, JSON.stringify(note));
  }

  #on<T>(kind: string, take: (note: T, from: string) => void): void {
    this.#broker.onNote(kind, (body, from) => {
      try {
        // Another node of the same server wrote it.
        take(JSON.parse(body) as T, from);
      } catch (error) {
        this.#log.warn({ err: error, kind }, 'a note of another node could not be taken');
      }
    });
  }

  // ---- presence -------------------------------------------------------------------------------

  #beat(): void {
    const now = performance.now();
    this.#tell(null, 'presence', { version: this.#version, changes: [] });
    // While nobody can be heard, silence says nothing about anybody.
    if (this.#broker.status === 'away') {
      for (const other of this.#others.values()) other.heardAt = now;
    }
    for (const [node, { heardAt }] of this.#others) {
      if (now - heardAt > SILENT_MS) this.#forget(node);
    }
  }

  #hearChanges(from: string, version: number, changes: readonly PresenceChange[]): void {
    let other = this.#others.get(from);
    if (!other) {
      other = { states: new Map(), version: -1, heardAt: 0 };
      this.#others.set(from, other);
      // Its first word: it may not know of us either.
      this.#tellWhole();
    }
    other.heardAt = performance.now();
    const next = other.version + (changes.length > 0 ? 1 : 0);
    if (version !== next) {
      this.#tell(null, 'presence-missed', from);
      return;
    }
    other.version = version;
    for (const { account, state } of changes) {
      if (state === 'offline') other.states.delete(account);
      else other.states.set(account, state);
      this.#show(account);
    }
  }

  #hearWhole(from: string, version: number, whole: readonly [AccountId, Here][]): void {
    const before = this.#others.get(from)?.states.keys() ?? [];
    const states = new Map(whole);
    this.#others.set(from, { states, version, heardAt: performance.now() });
    for (const account of new Set([...before, ...states.keys()])) this.#show(account);
  }

  #tellWhole(): void {
    const now = performance.now();
    if (now - this.#wholeAt < WHOLE_MS) return;
    this.#wholeAt = now;
    this.#tell(null, 'presences', { version: this.#version, whole: this.#board.here() });
  }

  #forget(node: string): void {
    const other = this.#others.get(node);
    if (!other) return;
    this.#others.delete(node);
    for (const account of other.states.keys()) this.#show(account);
  }

  /** Shows the best state that any other node has told of the account. */
  #show(account: AccountId): void {
    let best: Here | null = null;
    for (const { states } of this.#others.values()) {
      const state = states.get(account);
      if (state === 'active' || (state === 'idle' && best === null)) best = state;
    }
    this.#board.setElsewhere(account, best);
  }
}
