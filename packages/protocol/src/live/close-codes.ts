/** WebSocket close codes that Parley uses (RFC 6455 §7.4; 4000–4999 are its own). */
export const CLOSE = {
  /**
   * RFC 6455: the server is restarting, or the outcome of a command is unknown. Reconnect after
   * the time in `goodbye` and resend every unanswered command.
   */
  restart: 1012,
  /** RFC 6455: the frame was longer than `limits.frameBytes`. */
  frameTooLarge: 1009,
  /** `hello` did not arrive in time, or another frame arrived before it. */
  helloExpected: 4001,
  /** The token is invalid or has expired: fetch a new one and reconnect. */
  unauthenticated: 4003,
  /** The session has ended: log in again. */
  sessionEnded: 4004,
  /** The client read nothing for `limits.stalledMs`. */
  tooSlow: 4008,
  /** The client kept sending more frames than `limits.frames`. */
  tooManyFrames: 4009,
  /** This account has too many sockets; the oldest was closed. */
  tooManyConnections: 4029,
} as const;
