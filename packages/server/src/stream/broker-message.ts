import type { AccountId, ClientId, EventType, Seq, StreamId } from '@parley/protocol';
import type { StoredEvent } from './record.ts';

/**
 * A message between nodes. Its text begins with the name of the sender and a letter:
 *
 * - `e`: a contiguous range of committed events, one per line, with fields separated by tabs. No
 *   field contains either character: `data` is JSON, which escapes control characters. A traced
 *   event has its `traceparent` as the last field.
 * - `h`: only the seq of the last event of a range that is too long to be carried.
 * - `n`: a node message: its kind, a line feed, its body.
 * - `b`: a heartbeat, which the sender itself receives: the monotonic time at which it was sent, ms.
 */
export type BrokerMessage =
  | { readonly kind: 'events'; readonly events: readonly StoredEvent[] }
  | { readonly kind: 'head'; readonly seq: Seq }
  | { readonly kind: 'node_message'; readonly messageKind: string; readonly body: string }
  | { readonly kind: 'heartbeat'; readonly sentAt: number };

/** The length of a node’s name, with which every message begins. */
const NODE_NAME_LENGTH = 12;

/**
 * Of a range with more characters than this, only the head is sent; the nodes with subscriptions read it
 * from the database. For the measurements see docs/performance-notes.md.
 */
const CARRY_MAX = 128 * 1024;

/** Encodes committed events, a contiguous range of one stream; only its head if the range is too long. */
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

/** Encodes a node message. */
export const encodeNodeMessage = (node: string, kind: string, body: string): string =>
  `${node}n${kind}\n${body}`;

/** Encodes a heartbeat. `sentAt` is monotonic, ms. */
export const encodeHeartbeat = (node: string, sentAt: number): string => `${node}b${sentAt}`;

/** Returns the name of the node that sent a message. */
export const senderOf = (text: string): string => text.slice(0, NODE_NAME_LENGTH);

/**
 * Decodes a message from the channel of `stream`, or from the channel of all nodes (null). Returns
 * null if it is malformed or of a kind that this version does not know, and for a range whose seqs
 * are not contiguous.
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
        : { kind: 'node_message', messageKind: rest.slice(0, end), body: rest.slice(end + 1) };
    }
    case 'b': {
      const sentAt = Number(rest);
      return Number.isFinite(sentAt) ? { kind: 'heartbeat', sentAt } : null;
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
