import { describe, expect, test } from 'vitest';
import { isAllowedOrigin } from './origin.ts';

const LOOK_ALIKES = [
  'null',
  '',
  'http://localhost:3000.evil.com',
  'http://localhost.evil.com:3000',
  'http://evil.com',
  'http://evil.com/localhost:3000',
  'http://localhost:3000@evil.com',
  'http://evil.com#localhost:3000',
  'http://user@localhost:3000',
  'http://localhost:3000/',
  'http://localhost:3000/path',
  'http://localhost:3001',
  'http://localhost',
  'http://localhost.:3000',
  'http://127.0.0.1:3000',
  'http://LOCALHOST:3000',
  'http://xlocalhost:3000',
  'http://localhost:3000 http://evil.com',
  'ftp://localhost:3000',
  'file://',
  'chrome-extension://localhost:3000',
  'localhost:3000',
];

describe('an origin, without PUBLIC_URL', () => {
  test.each<[string | undefined, string | undefined, boolean]>([
    ['http://localhost:3000', 'localhost:3000', true],
    ['https://localhost:3000', 'localhost:3000', true],
    ['http://localhost:3000', 'LOCALHOST:3000', true],
    ['https://chat.example.org', 'chat.example.org', true],
    ['http://[::1]:3000', '[::1]:3000', true],
    [undefined, 'localhost:3000', true],
    ...LOOK_ALIKES.map((origin): [string, string, boolean] => [origin, 'localhost:3000', false]),
    ['http://evil.com', undefined, false],
    ['http://undefined', undefined, false],
    ['http://', '', false],
    ['http://a@evil.com', 'a@evil.com', false],
    ['http://evil.com/x', 'evil.com/x', false],
  ])('%s at the host %s: %s', (origin, host, allowed) => {
    expect(isAllowedOrigin(origin, host, {})).toBe(allowed);
  });
});

describe('an origin, with PUBLIC_URL', () => {
  const settings = { publicUrl: 'https://chat.example.org' };
  test.each([
    ['https://chat.example.org', true],
    [undefined, true],
    ['http://chat.example.org', false],
    ['https://chat.example.org:443', false],
    ['https://chat.example.org.', false],
    ['https://chat.example.org.evil.com', false],
    ['https://evil-chat.example.org', false],
    // The host of the request is ignored, because a rebinding attacker controls it.
    ['http://127.0.0.1:3000', false],
    ['null', false],
  ])('%s: %s', (origin, allowed) => {
    expect(isAllowedOrigin(origin, '127.0.0.1:3000', settings)).toBe(allowed);
  });
});
