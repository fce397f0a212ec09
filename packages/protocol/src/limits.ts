/**
 * Every limit of the protocol, in one table: told to clients in `ready`, enforced by the server.
 * Sizes in bytes unless a name says otherwise, times in milliseconds.
 */
export const LIMITS = {
  /** A WebSocket frame from a client; a longer one closes the socket with 1009. */
  frameBytes: 64 * 1024,
  /** A message's body, in Unicode code points. */
  bodyCharacters: 16_000,
  /** Commands of one connection: so many in `commandWindowMs`, refilled evenly. 0: no limit. */
  commands: 30,
  commandWindowMs: 10_000,
  /** Commands of one account over all its sockets within `commandWindowMs`. 0: no limit. */
  accountCommands: 120,
  /**
   * Frames of one socket within `commandWindowMs`, of whatever kind, malformed ones, pings and pongs
   * too; every 4 KiB of a frame count as one more. Reading pauses when there are more, and a socket
   * that goes on is closed with 4009. 0: no limit.
   */
  frames: 600,
  /** The same for one account over all its sockets of a node. */
  accountFrames: 2_400,
  /** HTTP requests in a minute: of one account, and from one address. 0: no limit. */
  accountRequests: 600,
  addressRequests: 6_000,
  /** Signals (typing) of one connection within `commandWindowMs`; more are dropped unanswered. */
  signals: 20,
  /** Time between a socket's opening and its `hello`. */
  helloMs: 10_000,
  /** The server pings this often; a peer silent for `silenceMs` is taken for dead. */
  pingMs: 12_000,
  silenceMs: 30_000,
  /**
   * Over this many bytes waiting in a socket, pushing pauses and the client catches up later; nothing
   * is read from the socket meanwhile.
   */
  bufferedBytes: 256 * 1024,
  /** Bytes that one account may leave unread over its sockets of a node; the fullest is closed. */
  accountBufferedBytes: 16 * 1024 * 1024,
  /** A paused socket that takes nothing for this long is closed with 4008. */
  stalledMs: 30_000,
  /** More missing events than this are not replayed: `reset` tells to fetch the latest page. */
  replayEvents: 500,
  /** Streams that one `hello` may name. */
  cursorStreams: 5_000,
  /** Sockets of one account at a time. */
  connectionsPerAccount: 20,
  /** A page of history. */
  pageDefault: 50,
  pageMax: 200,
  /** Names, in code points. */
  usernameMin: 2,
  usernameMax: 32,
  displayNameMax: 64,
  groupNameMax: 80,
  passwordMin: 10,
  /** A password in bytes of UTF-8: longer ones would only feed the hash. */
  passwordBytesMax: 1024,
  /** Different emoji on one message. */
  reactionsPerMessage: 50,
  /** Unread messages are counted up to here and shown as “99+” beyond. */
  unreadMax: 100,
  /** Groups larger than this do not tell each member’s reading to the others. */
  receiptsMembers: 100,
  /** Presence of at most this many people is told in `ready`. */
  presenceMax: 2_000,
  /** A typing signal holds this long unless repeated. */
  typingMs: 6_000,
} as const;

/** The limits as they are told to clients: the server may run with other figures than these. */
export type Limits = { readonly [K in keyof typeof LIMITS]: number };
