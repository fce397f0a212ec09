import type { AccountId, ClientId, Seq, StreamId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decode,
  encodeHeartbeat,
  encodeNodeMessage,
  encodeRange,
  senderOf,
} from './broker-message.ts';
import type { StoredEvent } from './record.ts';

const NODE = 'a1b2c3d4e5f6';
const stream = '00000000-0000-7000-8000-000000000001' as StreamId;

const event = (seq: number, body: string, client: string | null): StoredEvent => ({
  stream,
  seq: seq as Seq,
  type: 'message.posted',
  actor: '00000000-0000-7000-8000-000000000009' as AccountId,
  client: client as ClientId | null,
  at: '2026-01-01T00:00:00.000Z',
  data: JSON.stringify({ body }),
});

describe('a message between nodes', () => {
  test('a range of events is decoded unchanged, whatever its texts contain', () => {
    const body = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a\tb', 'a\nb', '\u2028', '\r\n'),
    );
    fc.assert(
      fc.property(fc.array(body, { minLength: 1, maxLength: 20 }), fc.nat(), (bodies, from) => {
        const events = bodies.map((b, i) => event(from + 1 + i, b, i % 2 ? NODE : null));
        const text = encodeRange(NODE, events);
        expect(senderOf(text)).toBe(NODE);
        expect(decode(stream, text)).toEqual({ kind: 'events', events });
      }),
    );
  }, 60_000);

  test('a range that is too long is replaced by its head', () => {
    const events = [1, 2, 3].map((n) => event(n, 'x'.repeat(60_000), null));
    expect(decode(stream, encodeRange(NODE, events))).toEqual({ kind: 'head', seq: 3 });
    const empty = encodeRange(NODE, [event(1, '', null)]).length;
    const full = [event(1, 'x'.repeat(128 * 1024 - empty), null)];
    expect(decode(stream, encodeRange(NODE, full))).toEqual({ kind: 'events', events: full });
    const over = [event(1, 'x'.repeat(128 * 1024 - empty + 1), null)];
    expect(decode(stream, encodeRange(NODE, over))).toEqual({ kind: 'head', seq: 1 });
  });

  test('node messages and heartbeats are decoded unchanged', () => {
    const message = encodeNodeMessage(NODE, 'typing', 'two\nlines');
    expect(decode(null, message)).toEqual({
      kind: 'node_message',
      messageKind: 'typing',
      body: 'two\nlines',
    });
    expect(decode(null, encodeHeartbeat(NODE, 12.5))).toEqual({ kind: 'heartbeat', sentAt: 12.5 });
  });

  test('rejects a range with a gap, and a malformed message', () => {
    const withGap = encodeRange(NODE, [event(1, 'a', null), event(3, 'b', null)]);
    for (const text of [withGap, '', NODE, `${NODE}e`, `${NODE}e1\tx`, `${NODE}h-1`, `${NODE}?x`]) {
      expect(decode(stream, text)).toBeNull();
    }
    expect(decode(stream, encodeRange(NODE, [event(0, 'a', null)]))).toBeNull();
    for (const text of [`${NODE}h0`, `${NODE}h1.5`, `${NODE}hx`, `${NODE}bx`, `${NODE}nkind`]) {
      expect(decode(stream, text)).toBeNull();
    }
  });

  test('rejects an event without a field or its stream', () => {
    const { seq, type, actor, at, data } = event(7, 'a', null);
    const fields = [`${seq}`, type, actor, '', at, data];
    const text = (list: readonly string[]) => `${NODE}e${list.join('\t')}`;
    expect(decode(stream, text(fields))).toMatchObject({ kind: 'events' });
    expect(decode(null, text(fields))).toBeNull();
    for (const lacking of [0, 1, 2, 4, 5]) {
      const damaged = fields.map((field, i) => (i === lacking ? '' : field));
      expect(decode(stream, text(damaged))).toBeNull();
    }
    for (const count of [1, 2, 3, 4, 5]) {
      expect(decode(stream, text(fields.slice(0, count)))).toBeNull();
    }
    expect(decode(stream, text(['1.5', ...fields.slice(1)]))).toBeNull();
  });

  test('a range carries the trace of an event', () => {
    const traced = [{ ...event(1, 'a', NODE), trace: '00-trace-01' }, event(2, 'b', null)];
    expect(decode(stream, encodeRange(NODE, traced))).toEqual({ kind: 'events', events: traced });
  });
});
