import fc from 'fast-check';
import { expect, test } from 'vitest';
import { localPath } from './local-path.ts';

test.each([
  ['/c/1?a=b#c', '/c/1?a=b#c'],
  ['/', '/'],
  ['/a/../b', '/b'],
])('redirects %s to %s', (next, expected) => {
  expect(localPath(next)).toBe(expected);
});

test.each([
  undefined,
  '',
  'https://evil.example',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/a/..//evil.example',
  'javascript:alert(1)',
  'evil.example',
  '@evil.example',
  '/%0d%0aset-cookie:x',
  ' /a',
])('%j is replaced by a local path', (next) => {
  const path = localPath(next);
  expect(new URL(path, 'https://chat.example.org').origin).toBe('https://chat.example.org');
  if (next !== '/%0d%0aset-cookie:x') expect(path).toBe('/');
});

test('no path redirects to another origin', () => {
  const part = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    '@',
    ':',
    '?',
    '#',
    '\t',
    '%2f',
    'evil.example',
    'http:',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const url = new URL(localPath(parts.join('')), 'https://chat.example.org');
      expect(url.origin).toBe('https://chat.example.org');
    }),
    { numRuns: 5_000 },
  );
});
