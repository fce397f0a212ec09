import type { Seq } from '@parley/protocol';

/** Where the line "New" stands in a conversation that is open. */
export interface UnreadLine {
  /** The line follows this message; null: there is none. Undefined: not known yet. */
  readonly after: Seq | null | undefined;
  /** Whether everything was read since the line was drawn: the next gap gets a line of its own. */
  readonly isCaughtUp: boolean;
}

/** No conversation has been looked at yet. */
export const UNKNOWN_LINE: UnreadLine = { after: undefined, isCaughtUp: false };

/** What the line depends on. */
export interface LineInput {
  readonly unread: number;
  readonly readSeq: Seq;
  /** Whether everything that was missed has come. What was kept of an earlier visit may be old. */
  readonly isLive: boolean;
  /** Whether somebody reads each message as it comes. */
  readonly isReading: boolean;
}

/**
 * Returns where the line stands next; the same object when nothing changes. It is drawn when the
 * conversation is opened with unread messages, and again when messages come that nobody reads: while
 * the person is elsewhere, scrolled up, or offline.
 */
export function nextLine(line: UnreadLine, input: LineInput): UnreadLine {
  const { unread, readSeq, isLive, isReading } = input;
  if (line.after === undefined) {
    if (!isLive) return line;
    return unread > 0 ? { after: readSeq, isCaughtUp: false } : { after: null, isCaughtUp: true };
  }
  if (unread === 0) return line.isCaughtUp ? line : { ...line, isCaughtUp: true };
  if (!line.isCaughtUp || isReading) return line;
  return { after: readSeq, isCaughtUp: false };
}
