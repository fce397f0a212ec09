import {
  type AccountId,
  CLOSE,
  type Cursor,
  type Goodbye,
  type Hello,
  type Refusal,
  refusal,
  type ServerFrame,
} from '@parley/protocol';
import type { Identity } from '../accounts/accounts.ts';
import type { Start } from '../conversations/start.ts';
import type { LiveContext } from './context.ts';
import { refusalOfFrame } from './frame-scopes.ts';
import type { ReadFrame } from './read-frame.ts';
import { readyOf } from './ready.ts';

/** The cost of a hello in the frame budget of its account, in frames: it reads all conversations. */
const HELLO_COST = 50;

/** The connection during its handshake. */
export interface HandshakeConnection {
  readonly id: string;
  readonly closed: boolean;
  send(frame: ServerFrame): void;
  nack(id: string | null, refusal: Refusal): void;
  close(code: number, reason: Goodbye['reason'] | 'hello_expected', retryAfter?: number): void;
  /** The hello is authenticated. From now on, the end of the session closes the connection. */
  authenticated(identity: Identity): void;
  /** `ready` was sent: subscribes to the streams, each from its cursor. */
  subscribe(start: Start, hello: StartedHello): void;
}

/** The parameters of a hello, after its authentication. */
export interface StartedHello {
  /** Where each stream starts. */
  readonly cursor: Cursor;
  readonly isEpochKnown: boolean;
  /** The accounts whose presence it subscribes to; null: it receives that of all. */
  readonly presence: readonly AccountId[] | null;
  readonly isGuest: boolean;
}

type HandshakeDeps = Pick<
  LiveContext,
  | 'audience'
  | 'connections'
  | 'findable'
  | 'identify'
  | 'limits'
  | 'log'
  | 'me'
  | 'metrics'
  | 'presence'
  | 'start'
>;

const NO_HELLO = 'The first frame must be hello';
const EARLY = 'Wait for ready before you send another frame';

/**
 * The start of a connection: hello → authenticate → `ready` → subscriptions.
 *
 * 1. The first frame must be a hello. Nothing is executed or revealed before it is authenticated.
 * 2. The connection is registered for the end of its session before its state is read, so a session
 *    that ends meanwhile closes it.
 */
export class Handshake {
  readonly #deps: HandshakeDeps;
  readonly #connection: HandshakeConnection;
  #hasStarted = false;

  constructor(deps: HandshakeDeps, connection: HandshakeConnection) {
    this.#deps = deps;
    this.#connection = connection;
  }

  /** Handles a frame that arrived before `ready`. */
  receive(read: ReadFrame): void {
    const connection = this.#connection;
    if ('refusal' in read || read.frame.op !== 'hello') {
      if ('refusal' in read) connection.nack(read.id, read.refusal);
      else connection.nack(null, refusal('unauthenticated', this.#hasStarted ? EARLY : NO_HELLO));
      connection.close(CLOSE.helloExpected, 'hello_expected');
      return;
    }
    // A second hello, sent before the first was answered.
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#run(read.frame).catch((error: unknown) => {
      this.#deps.log.error({ err: error, connection: connection.id }, 'hello failed');
      connection.nack(null, refusal('unavailable', undefined, { retryAfter: 2 }));
      connection.close(CLOSE.restart, 'restart', 2);
    });
  }

  async #run(hello: Hello): Promise<void> {
    const deps = this.#deps;
    const connection = this.#connection;
    const identity = await this.#authenticate(hello.token);
    if (!identity) return;
    const { account } = identity;
    connection.authenticated(identity);
    const [me, start] = await Promise.all([deps.me(account), deps.start(account, hello)]);
    if (connection.closed) return;
    if (!me?.isActive) {
      connection.close(CLOSE.sessionEnded, 'session_ended');
      return;
    }
    const refused = hello.presence?.length ? refusalOfFrame('watch', identity) : null;
    if (refused) connection.nack(null, refused);
    // Without the scope the client receives no presence: null would mean that of all accounts.
    const wanted = refused ? [] : hello.presence;
    const isGuest = me.role === 'guest';
    // A guest receives the presence of the users of its conversations only, and only of those that it asks for.
    const presence = isGuest ? await deps.findable(account, wanted ?? []) : wanted;
    if (connection.closed) return;
    const isSameEpoch = hello.epoch === start.epoch;
    const cursor = isSameEpoch ? hello.cursor : {};
    deps.metrics.hello(Object.keys(cursor).length > 0);
    connection.send({
      ...readyOf(connection.id, me, start, hello.compact ?? false),
      presence: presence
        ? deps.audience.entries(presence)
        : deps.presence.list(deps.limits.presenceMax),
      limits: { ...deps.limits },
    });
    connection.subscribe(start, {
      cursor,
      isEpochKnown: hello.epoch === undefined || isSameEpoch,
      presence: wanted ?? (isGuest ? [] : null),
      isGuest,
    });
  }

  /** Returns the sender of the hello; null if the hello was rejected or the connection has closed. */
  async #authenticate(token: string): Promise<Identity | null> {
    const connection = this.#connection;
    const identified = await this.#deps.identify(token);
    if (connection.closed) return null;
    if ('refusal' in identified) {
      connection.nack(null, identified.refusal);
      if (identified.refusal.code === 'session_ended')
        connection.close(CLOSE.sessionEnded, 'session_ended');
      else connection.close(CLOSE.unauthenticated, 'unauthenticated');
      return null;
    }
    const { identity } = identified;
    const refused = refusalOfFrame('hello', identity);
    if (refused) {
      connection.nack(null, refused);
      connection.close(CLOSE.unauthenticated, 'unauthenticated');
      return null;
    }
    const frames = this.#deps.connections.framesOf(identity.account);
    if (frames.deficit > 0) {
      const retryAfter = Math.ceil(frames.msUntil(1) / 1000);
      connection.close(CLOSE.tooManyFrames, 'too_many_frames', retryAfter);
      return null;
    }
    frames.charge(HELLO_COST);
    return identity;
  }
}
