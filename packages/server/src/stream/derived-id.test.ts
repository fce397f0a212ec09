import { expect, test } from 'vitest';
import { digestOf } from './command-digest.ts';
import { derivedId } from './derived-id.ts';

const stream = '01890000-0000-7000-8000-000000000001';

test('the id of a server command is the same in every version', () => {
  // The first 128 bits of SHA-256 over ["parley.server-command.1","reminder",stream,7], as a UUIDv8.
  expect(derivedId('reminder', stream, 7)).toBe('3ef3405f-228f-87e4-ab7f-c88a79416fd5');
  const others = [derivedId('reminder', stream, 8), derivedId('reminder', stream)];
  expect(new Set([...others, derivedId('reminder', stream, 7)]).size).toBe(3);
});

test('the digest of a command is the same in every version', () => {
  const post = { eventType: 'message.posted', stream, payload: ['hello', null] } as const;
  const hexOf = (command: object) =>
    digestOf({ ...post, ...command } as unknown as Parameters<typeof digestOf>[0]).toString('hex');
  expect(hexOf({})).toBe('24559eee13ec95ff8a337da4d6cbc036');
  // Each attempt to create a stream generates another stream id.
  for (const id of [stream, '01890000-0000-7000-8000-000000000002']) {
    expect(hexOf({ createsStream: true, stream: id })).toBe('a000feba9f29aeb1c5203c40c2c2072b');
  }
});
