import { isBlank } from '@parley/protocol';

/**
 * IRC logs of the form
 *
 *     [hh:mm] <nick> text
 *     === nick has joined …
 *
 * Messages are the lines of the first form; everything else (joins, parts, notices, empty lines) is
 * skipped and counted.
 */

/** One message of a log. */
export interface LogLine {
  readonly nick: string;
  /** As it is posted: see {@link sendable}. */
  readonly body: string;
}

/** A parsed log. */
export interface Log {
  readonly lines: readonly LogLine[];
  /** Lines that are not messages. */
  readonly others: number;
  /** Lines whose bytes were not valid UTF-8. */
  readonly damaged: number;
}

const LINE = /^\[\d\d:\d\d\] <([^>]*)> ?(.*)$/s;
const utf8 = new TextDecoder('utf-8', { fatal: true });
const latin1 = new TextDecoder('windows-1252');

/** Parses the bytes of a log. */
export function parseLog(bytes: Uint8Array): Log {
  const lines: LogLine[] = [];
  let others = 0;
  let damaged = 0;
  for (const raw of split(bytes)) {
    let text: string;
    try {
      text = utf8.decode(raw);
    } catch {
      // Damaged, or never UTF-8: each byte becomes a character, so none is lost.
      text = latin1.decode(raw);
      damaged++;
    }
    const match = LINE.exec(text);
    if (match) lines.push({ nick: match[1] as string, body: sendable(match[2] as string) });
    else others++;
  }
  return { lines, others, damaged };
}

/**
 * Returns the text in a form that can be posted, without loss: NUL, which no message may contain,
 * becomes its symbol (U+2400); a blank text, which would be rejected, gets the symbol of a blank (U+2423).
 */
export function sendable(text: string): string {
  const kept = text.replaceAll('\u0000', '\u2400').toWellFormed();
  return isBlank(kept) ? `${kept}\u2423` : kept;
}

function* split(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, at);
    const end = newline === -1 ? bytes.length : newline;
    if (end > at) yield bytes.subarray(at, end);
    at = end + 1;
  }
}
