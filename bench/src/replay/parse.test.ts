import { expect, test } from 'vitest';
import { parseLog, sendable } from './parse.ts';

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p) : Buffer.from(p))));

test('messages are distinguished from all other lines', () => {
  const log = parseLog(
    bytes(
      '=== ann has joined\n[12:01] <ann> hello\n\n[12:02] * ann waves\n[12:03] <b|x> a <b> c\n',
    ),
  );
  expect(log.lines).toEqual([
    { nick: 'ann', body: 'hello' },
    { nick: 'b|x', body: 'a <b> c' },
  ]);
  expect(log.others).toBe(2);
});

test('damaged UTF-8 loses no byte: each becomes a character', () => {
  const log = parseLog(bytes('[12:01] <ann> caf', [0xe9, 0x20, 0xff], '!\n[12:02] <ann> café\n'));
  expect(log.lines.map((l) => l.body)).toEqual(['café ÿ!', 'café']);
  expect(log.damaged).toBe(1);
});

test('unpostable text is converted without loss', () => {
  expect(sendable('')).toBe('\u2423');
  expect(sendable('  ')).toBe('  \u2423');
  expect(sendable('a\u0000b')).toBe('a\u2400b');
  expect(sendable('plain \u0001 text')).toBe('plain \u0001 text');
});
