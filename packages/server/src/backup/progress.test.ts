import { describe, expect, test } from 'vitest';
import { BadBackup, readHeader, readManifest } from './manifest.ts';
import { inBytes, inWords, progressTo } from './progress.ts';

test('progress within a step is reported at most every two seconds', () => {
  let now = 5_000;
  const lines: string[] = [];
  const progress = progressTo(
    (line) => lines.push(line),
    () => now,
  );
  progress.step('started');
  now += 1_999;
  progress.within(() => 'too early');
  now += 1;
  progress.within(() => 'after two seconds');
  now += 1_500;
  progress.step('a step is always reported');
  now += 1_500;
  progress.within(() => 'and counts');
  now += 96_500;
  progress.within(() => 'later');
  expect(lines).toEqual([
    '   0.0 s  started',
    '   2.0 s  after two seconds',
    '   3.5 s  a step is always reported',
    ' 101.5 s  later',
  ]);
});

test('bytes and counts are written for people', () => {
  const bytes = [0, 999, 1_000, 999_949, 1_000_000, 12_345_678, 1_000_000_000, 1_234_567_890];
  expect(bytes.map(inBytes)).toEqual([
    '0 bytes',
    '999 bytes',
    '1.0 kB',
    '999.9 kB',
    '1.0 MB',
    '12.3 MB',
    '1.00 GB',
    '1.23 GB',
  ]);
  expect([0, 1, 2, 1_234].map((n) => inWords(n, 'row'))).toEqual([
    '0 rows',
    '1 row',
    '2 rows',
    '1,234 rows',
  ]);
  expect([1, 2].map((n) => inWords(n, 'entry', 'entries'))).toEqual(['1 entry', '2 entries']);
});

describe('the header of a backup', () => {
  const ID = '018f0000-0000-4000-8000-000000000001';
  const header = {
    format: 1,
    id: ID,
    madeAt: '2026-01-01T00:00:00.000Z',
    epoch: ID,
    migrations: [{ version: 1, name: 'first', checksum: 'x' }],
    tables: [{ name: 'events', columns: ['n'] }],
    sequences: [{ name: 's', lastValue: '7', isCalled: true }],
  };
  const manifest = {
    id: ID,
    tables: { events: { rows: 1, bytes: 2, sha256: '0'.repeat(64) } },
    streams: { streams: 1, events: 1, sha256: '0'.repeat(64) },
    files: { secret: { bytes: 0, sha256: '0'.repeat(64) } },
  };

  test('is read if it is complete', () => {
    const read = readHeader(JSON.stringify(header));
    expect(read).toEqual(header);
    expect(readManifest(JSON.stringify(manifest), read)).toEqual(manifest);
  });

  test.each([
    ['no JSON', '{'],
    ['another format', JSON.stringify({ ...header, format: 0 })],
    ['no id', JSON.stringify({ ...header, id: 'x' })],
    ['no time', JSON.stringify({ ...header, madeAt: 'yesterday' })],
    ['no tables', JSON.stringify({ ...header, tables: undefined })],
  ])('a header that is damaged is refused: %s', (_what, text) => {
    expect(() => readHeader(text)).toThrow(BadBackup);
    expect(() => readHeader(text)).toThrow('header cannot be read');
  });

  test('a later format is not reported as damaged', () => {
    expect(() => readHeader(JSON.stringify({ format: 2 }))).toThrow('newer version of Parley');
  });

  test.each([
    ['no JSON', '{'],
    ['of another backup', JSON.stringify({ ...manifest, id: ID.replace('1', '2') })],
    [
      'a digest that is none',
      JSON.stringify({ ...manifest, files: { a: { bytes: 1, sha256: 'x' } } }),
    ],
    [
      'a negative length',
      JSON.stringify({ ...manifest, streams: { ...manifest.streams, events: -1 } }),
    ],
  ])('a manifest that is damaged is refused: %s', (_what, text) => {
    expect(() => readManifest(text, readHeader(JSON.stringify(header)))).toThrow(
      'manifest cannot be read',
    );
  });
});
