import { ClientFrame, ERRORS, LIMITS } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFrame } from './read-frame.ts';

const id = '01890000-0000-7000-8000-00000000000a';
const conversation = '01890000-0000-7000-8000-00000000000b';

const CLIENT_OPS: ReadonlySet<string> = new Set(
  ClientFrame.options.map((schema) => schema.shape.op.value),
);

/** A valid frame of each kind. */
const GOOD: Record<string, Record<string, unknown>> = {
  hello: { token: 'x', cursor: { [conversation]: 7 }, epoch: 'e', device: 'phone' },
  post: { id, conversation, body: 'hello' },
  edit: { id, conversation, message: 1, body: 'hello' },
  delete: { id, conversation, message: 1 },
  react: { id, conversation, message: 1, emoji: '👍' },
  unreact: { id, conversation, message: 1, emoji: '👍' },
  pin: { id, conversation, message: 1 },
  unpin: { id, conversation, message: 1 },
  read: { id, conversation, seq: 3, unread: true },
  fill: { id, stream: conversation, after: 0 },
  renew: { id, token: 'x' },
  typing: { conversation },
  watch: { accounts: [conversation] },
  presence: { state: 'idle' },
  ping: {},
  pong: {},
};

/** Any code units, including lone surrogates and control characters. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
  .map((units) => String.fromCharCode(...units));

describe('readFrame', () => {
  test('is tested with every kind of frame', () => {
    expect(new Set(Object.keys(GOOD))).toEqual(CLIENT_OPS);
  });

  test.each(Object.entries(GOOD))('accepts %s and drops unknown fields', (op, fields) => {
    const read = readFrame(JSON.stringify({ op, ...fields, later: { version: 2 } }));
    expect(read).toEqual({ frame: { op, ...fields } });
  });

  test.each(Object.entries(GOOD))(
    'rejects %s with a field missing or of another type',
    (op, fields) => {
      const optional = new Set(['cursor', 'epoch', 'device', 'unread']);
      for (const field of Object.keys(fields)) {
        const { [field]: value, ...rest } = fields;
        if (!optional.has(field)) {
          expect(readFrame(JSON.stringify({ op, ...rest }))).toHaveProperty('refusal');
        }
        for (const wrong of [null, [], { a: 1 }, typeof value === 'string' ? 1 : 'x', -1, 1.5]) {
          if (Array.isArray(value) && Array.isArray(wrong)) continue;
          if (field === 'cursor' && !Array.isArray(wrong) && typeof wrong === 'object' && wrong) {
            continue;
          }
          const read = readFrame(JSON.stringify({ op, ...rest, [field]: wrong }));
          expect(read).toHaveProperty('refusal');
        }
      }
    },
  );

  test('never throws, and returns a known code and at most the id that was sent', () => {
    const text = fc.oneof(
      anyText,
      fc.json({ maxDepth: 4 }),
      fc
        .record(
          {
            op: fc.oneof(fc.constantFrom(...CLIENT_OPS), fc.string()),
            id: fc.oneof(fc.string({ maxLength: 100 }), fc.constant(id), fc.integer()),
            conversation: fc.oneof(fc.constant(conversation), fc.jsonValue({ maxDepth: 2 })),
            message: fc.oneof(fc.double(), fc.integer(), fc.jsonValue({ maxDepth: 2 })),
            body: fc.oneof(anyText, fc.jsonValue({ maxDepth: 2 })),
            emoji: fc.oneof(fc.constantFrom('👍', '❤️', 'x'), fc.jsonValue({ maxDepth: 2 })),
          },
          { requiredKeys: ['op'] },
        )
        .map((frame) => JSON.stringify(frame)),
    );
    fc.assert(
      fc.property(text, (sent) => {
        const read = readFrame(sent);
        if ('frame' in read) {
          expect(CLIENT_OPS.has(read.frame.op)).toBe(true);
          // Parsing is idempotent.
          expect(readFrame(JSON.stringify(read.frame))).toEqual(read);
          return;
        }
        expect(ERRORS).toHaveProperty(read.refusal.code);
        if (read.id !== null) {
          expect(read.id.length).toBeLessThanOrEqual(64);
          expect(sent).toContain('"id"');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('bounds bodies and cursors', () => {
    const post = (body: string) =>
      readFrame(JSON.stringify({ op: 'post', id, conversation, body }));
    const codeOf = (read: ReturnType<typeof readFrame>) =>
      'refusal' in read ? read.refusal.code : null;
    expect(codeOf(post('😀'.repeat(LIMITS.bodyCharacters)))).toBeNull();
    expect(codeOf(post('😀'.repeat(LIMITS.bodyCharacters + 1)))).toBe('body_too_long');
    expect(codeOf(post(' \n'))).toBe('body_empty');
    const cursor = (n: number) =>
      readFrame(
        JSON.stringify({
          op: 'hello',
          token: 'x',
          cursor: Object.fromEntries(Array.from({ length: n }, (_, i) => [`s${i}`, 1])),
        }),
      );
    expect(codeOf(cursor(LIMITS.cursorStreams))).toBeNull();
    expect(codeOf(cursor(LIMITS.cursorStreams + 1))).toBe('invalid');
  });
});
