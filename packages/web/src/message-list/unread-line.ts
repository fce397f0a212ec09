import type { ConnectionState } from '@parley/client';
import type { Seq } from '@parley/protocol';

/** The position of the line “New” in an open conversation. */
export interface UnreadLine {
  /** The message before the line; null without a line, undefined while unknown. */
  readonly after: Seq | null | undefined;
  /** Whether everything was read since the line was drawn; new unread messages then get a new line. */
  readonly isCaughtUp: boolean;
  /** Whether the connection was live: unread messages at the next live state were missed in between. */
  readonly isLive: boolean;
}

/** The initial state. */
export const UNKNOWN_LINE: UnreadLine = { after: undefined, isCaughtUp: false, isLive: false };

/** The state that the line depends on. */
export interface LineInput {
  readonly unread: number;
  readonly readSeq: Seq;
  /** Whether all missed events have arrived; cached state may be stale. */
  readonly isLive: boolean;
  /** Whether the user reads each message as it arrives. */
  readonly isReading: boolean;
  /** Whether messages after the last one in the list are not loaded, so that the user cannot have read them. */
  readonly hasNewer: boolean;
}

/**
 * Returns the next position of the line; the same object if nothing changes. The line is drawn when
 * the conversation is opened with unread messages, and again when messages arrive that the user does
 * not read: while they are elsewhere, scrolled up, or offline.
 *
 * It is called once per frame. One frame may show both the missed messages and the live connection, so the
 * state records whether the connection was live before.
 */
export function nextLine(line: UnreadLine, input: LineInput): UnreadLine {
  const { unread, readSeq, isLive, isReading, hasNewer } = input;
  if (line.after === undefined) {
    if (!isLive) return line;
    return unread > 0
      ? { after: readSeq, isCaughtUp: false, isLive }
      : { after: null, isCaughtUp: true, isLive };
  }
  const isReadOnArrival = line.isLive && isLive && isReading && !hasNewer;
  if (unread > 0 && line.isCaughtUp && !isReadOnArrival) {
    return { after: readSeq, isCaughtUp: false, isLive };
  }
  const isCaughtUp = line.isCaughtUp || unread === 0;
  return isCaughtUp === line.isCaughtUp && isLive === line.isLive
    ? line
    : { ...line, isCaughtUp, isLive };
}

/**
 * Returns whether a list without messages must wait for the line, which is known soon: then the messages around it are
 * loaded, instead of the latest ones first.
 */
export const isLineAwaited = (
  line: UnreadLine,
  state: ConnectionState,
  isEmpty: boolean,
): boolean => isEmpty && line.after === undefined && state === 'catching-up';
