import type { Writable } from 'node:stream';
import type { AccountId, ClientId, Seq, StreamId } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as ws from 'ws';
import { textFrame, textFrames } from './frame.ts';
import { encodeEvent, peek, type StoredEvent } from './record.ts';

// Its types do not have it.
const { Receiver } = ws as unknown as {
  readonly Receiver: new (options: { isServer: boolean }) => Writable;
};

/** Returns the messages that the receiver of `ws` reads. */
function received(frames: Buffer): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const texts: string[] = [];
    const receiver = new Receiver({ isServer: false });
    receiver.on('message', (data: Buffer) => texts.push(data.toString('utf8')));
    receiver.once('error', reject);
    receiver.end(frames, () => resolve(texts));
  });
}

test('frames decode to their texts, with the shortest headers', async () => {
  // Around the bounds of the three header lengths of RFC 6455 §5.2, in characters of one and two bytes.
  const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537];
  const texts = [...sizes.map((n) => 'x'.repeat(n)), ...sizes.map((n) => 'é'.repeat(n / 2))];
  const headers = (bytes: number) => (bytes < 126 ? 2 : bytes < 65_536 ? 4 : 10);
  const lengths = texts.map((text) => Buffer.byteLength(text));
  for (const [i, text] of texts.entries()) {
    const frame = textFrame(text);
    expect(frame.length).toBe((lengths[i] as number) + headers(lengths[i] as number));
    expect((await received(frame))[0] === text).toBe(true);
  }
  const all = textFrames(texts);
  expect(all.length).toBe(lengths.reduce((sum, n) => sum + n + headers(n), 0));
  expect(await received(all)).toEqual(texts);
  expect(textFrames(['one']).equals(textFrame('one'))).toBe(true);
});

test('many texts in one buffer decode unchanged', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 8 }), async (texts) => {
      expect(await received(textFrames(texts))).toEqual(texts);
    }),
  );
});

const event: StoredEvent = {
  stream: '01890000-0000-7000-8000-000000000001' as StreamId,
  seq: 7 as Seq,
  type: 'message.posted',
  actor: '01890000-0000-7000-8000-00000000000a' as AccountId,
  client: '01890000-0000-7000-8000-00000000000c' as ClientId,
  at: '2026-01-01T00:00:00.000Z',
  data: '{"body":"text"}',
};

test('the frame of an event has all its fields, and not its trace', () => {
  for (const client of [event.client, null]) {
    expect(JSON.parse(encodeEvent({ ...event, client, trace: 'trace' }))).toEqual({
      op: 'event',
      ...event,
      client,
      data: { body: 'text' },
    });
  }
});

test('damaged data of an event reads as empty', () => {
  expect(peek(event)).toEqual({ body: 'text' });
  expect(peek({ ...event, data: 'null' })).toEqual({});
});
