import { describe, expect, test } from 'vitest';
import { isAllowedHost } from './host.ts';

const at = (listening: string, host: string | undefined, path = '/') =>
  isAllowedHost(host, path, { host: listening });

describe('without PUBLIC_URL a request', () => {
  test.each([
    'localhost',
    'localhost:3000',
    'LOCALHOST:3000',
    'parley.localhost:3000',
    '127.0.0.1',
    '127.0.0.1:3000',
    '127.1.2.3:3000',
    '[::1]:3000',
    undefined,
  ])('may name this machine: %s', (host) => {
    expect(at('127.0.0.1', host)).toBe(true);
  });

  test.each([
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    'notlocalhost',
    '127.0.0.1.evil.example',
    '127.evil.example',
    'localhost.',
    'localhost:3000:3000',
    'a@localhost',
    'localhost/x',
    'localhost evil.example',
    '',
    '[::2]:3000',
    '192.168.1.5:3000',
    '0.0.0.0',
  ])('may not name %s', (host) => {
    expect(at('127.0.0.1', host)).toBe(false);
  });

  test('may name the address that the server listens on', () => {
    expect(at('192.168.1.5', '192.168.1.5:3000')).toBe(true);
    expect(at('192.168.1.5', '192.168.1.6:3000')).toBe(false);
    expect(at('chat.lan', 'Chat.lan:3000')).toBe(true);
    expect(at('chat.lan', 'other.lan:3000')).toBe(false);
  });

  test.each(['0.0.0.0', '::'])(
    'may use any IP address but no host name on a server listening on %s',
    (listening) => {
      expect(at(listening, '192.168.1.5:3000')).toBe(true);
      expect(at(listening, '[2001:db8::7]:3000')).toBe(true);
      expect(at(listening, 'evil.example:3000')).toBe(false);
    },
  );

  test('may use any host name for health and metrics', () => {
    expect(at('127.0.0.1', 'parley:3000', '/health/ready')).toBe(true);
    expect(at('127.0.0.1', 'parley:3000', '/metrics')).toBe(true);
    expect(at('127.0.0.1', 'parley:3000', '/healthy')).toBe(false);
    expect(at('127.0.0.1', 'parley:3000', '/api/v1/metrics')).toBe(false);
  });
});

test('with PUBLIC_URL any host name is accepted, because the origin is compared', () => {
  const settings = { host: '127.0.0.1', publicUrl: 'https://chat.example.org' };
  expect(isAllowedHost('parley-1.internal:3000', '/', settings)).toBe(true);
});
