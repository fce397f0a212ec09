import type { AccountId, ClientId, EventType, Seq, StreamId } from '@parley/protocol';
import type { StoredEvent } from './record.ts';

/**
 * What nodes tell each other, as text. A message begins with the sender’s name and a letter:
 *
 * - `e`: a contiguous range of committed events, one a line, fields divided by tabs. Neither
 *   character stands in them: `data` is JSON, which escapes control characters. An event that is
 *   traced has its `traceparent` in the end.
 * - `h`: a range that is too long to be worth carrying: the seq of its last event alone.
 * - `n`: a note: its kind, a line’s end, its body.
 * - `b`: a beat, for the sender itself: the monotonic time of its sending.
 */
export type BrokerMessage =
  | { readonly kind: 'events'; readonly events: readonly StoredEvent[] }
  | { readonly kind: 'head'; readonly seq: Seq }
  | { readonly kind: 'note'; readonly note: string; readonly body: string }
  | { readonly kind: 'beat'; readonly sentAt: number };

/** Characters of a node’s name: the first of every message. */
const NODE_NAME_LENGTH = 12;

/**
 * Ranges with more text than this are told of by their head alone, and read from the database by
 * the nodes that want them: see docs/performance.md, “What the broker carries”.
 */
const CARRY_MAX = 128 * 1024;

/** A message about committed events: a contiguous range of one stream. */
export function encodeRange(node: string, events: readonly StoredEvent[]): string {
  let text = `${node}e`;
  for (const [i, e] of events.entries()) {
    if (i > 0) text += '\n';
    text += `${e.seq}\t${e.type}\t${e.actor}\t${e.client ?? ''}\t${e.at}\t${e.data}`;
    if (e.trace !== undefined) text += `\t${e.trace}`;
    if (text.length > CARRY_MAX) return `${node}h${(events[events.length - 1] as StoredEvent).seq}`;
  }
  return text;
}

/** A note of a kind. */
export const encodeNote = (node: string, kind: string, body: string): string =>
  `${node}n${kind}\n${body}`;

/** A beat. */
export const encodeBeat = (node: string, sentAt: number): string => `${node}b${sentAt}`;

/** Whose message it is. */
export const senderOf = (text: string): string => text.slice(0, NODE_NAME_LENGTH);

/**
 * Reads a message about `stream`. Null for what no node of this version has sent, and for a range
 * whose seqs are not contiguous: nothing is taken from it.
 */
export function decode(stream: StreamId | null, text: string): BrokerMessage | null {
  const rest = text.slice(NODE_NAME_LENGTH + 1);
  switch (text[NODE_NAME_LENGTH]) {
    case 'e': {
      const events = stream === null ? null : readRange(stream, rest);
      return events && { kind: 'events', events };
    }
    case 'h': {
      const seq = Number(rest);
      return Number.isSafeInteger(seq) && seq > 0 ? { kind: 'head', seq: seq as Seq } : null;
    }
    case 'n': {
      const end = rest.indexOf('\n');
      return end === -1
        ? null
        : { kind: 'note', note: rest.slice(0, end), body: rest.slice(end + 1) };
    }
    case 'b': {
      const sentAt = Number(rest);
      return Number.isFinite(sentAt) ? { kind: 'beat', sentAt } : null;
    }
    default:
      return null;
  }
}

function readRange(stream: StreamId, text: string): StoredEvent[] | null {
  const events: StoredEvent[] = [];
  for (const line of text.split('\n')) {
    const [seqText = '', type, actor, client, at, data, trace] = line.split('\t');
    const seq = Number(seqText);
    const before = events[events.length - 1];
    if (!type || !actor || client === undefined || !at || !data) return null;
    if (!Number.isSafeInteger(seq) || seq < 1 || (before && seq !== before.seq + 1)) return null;
    events.push({
      stream,
      seq: seq as Seq,
      type: type as EventType,
      actor: actor as AccountId,
      client: client === '' ? null : (client as ClientId),
      at,
      data,
      ...(trace !== undefined && { trace }),
    });
  }
  return events;
}
