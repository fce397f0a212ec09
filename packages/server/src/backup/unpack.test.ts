import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { ArchiveWriter, readArchive } from './archive.ts';
import { digestOfBytes } from './files.ts';
import type { Load } from './load.ts';
import type { Progress } from './progress.ts';
import { refusePath, requireEqual, Unpacking } from './unpack.ts';

const ID = '018f0000-0000-4000-8000-000000000001';
const MIB = 1024 * 1024;
let dir: string;
let path: string;
beforeEach(() => {
  dir = makeTempDir('unpack');
  path = join(dir, 'backup.tar.gz');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const header = {
  format: 1,
  id: ID,
  madeAt: '2026-01-01T00:00:00.000Z',
  epoch: ID,
  migrations: [],
  tables: [
    { name: 'events', columns: ['n', 'body'] },
    { name: 'a/b', columns: ['n'] },
    { name: 'empty', columns: ['n'] },
  ],
  sequences: [],
};
const rowsOf = (rows: number, text: string) => ({ rows, ...digestOfBytes(Buffer.from(text)) });
const manifest = {
  id: ID,
  tables: {
    events: rowsOf(2, '1\tone\n2\ttwo\n'),
    'a/b': rowsOf(1, '1\n'),
    empty: rowsOf(0, ''),
  },
  streams: { streams: 0, events: 0, sha256: '0'.repeat(64) },
  files: {
    secret: digestOfBytes(Buffer.from('the secret\n')),
    'files/ab/one': digestOfBytes(Buffer.from('content')),
  } as Record<string, { bytes: number; sha256: string }>,
};
const ENTRIES: readonly (readonly [string, string])[] = [
  ['parley-backup.json', JSON.stringify(header)],
  ['files/secret', 'the secret\n'],
  ['tables/events/000001.copy', '1\tone\n'],
  ['tables/events/000002.copy', '2\ttwo\n'],
  ['tables/a%2Fb/000001.copy', '1\n'],
  ['files/files/ab/one', 'content'],
  ['manifest.json', JSON.stringify(manifest)],
];

async function write(entries: readonly (readonly [string, string | Buffer])[]): Promise<void> {
  rmSync(path, { force: true });
  const archive = new ArchiveWriter(path, new Date('2026-01-01T00:00:00.000Z'));
  for (const [name, content] of entries) await archive.add(name, content);
  await archive.finish();
}

/** Unpacks the backup; returns what was loaded, and what was reported. */
async function unpack() {
  const tables: Record<string, { columns: readonly string[]; text: string }> = {};
  const steps: string[] = [];
  const load = {
    table: async (name: string, columns: readonly string[], rows: AsyncIterable<Buffer>) => {
      const pieces: Buffer[] = [];
      for await (const piece of rows) pieces.push(piece);
      const text = Buffer.concat(pieces).toString();
      tables[name] = { columns, text };
      return text.split('\n').length - 1;
    },
  } as unknown as Load;
  const progress: Progress = {
    step: (description) => steps.push(description),
    within: (description) => void description(),
  };
  const folder = join(dir, 'out');
  rmSync(folder, { recursive: true, force: true });
  const unpacking = await Unpacking.open(path);
  try {
    const secret = await unpacking.secret();
    await unpacking.tables(load, progress);
    await unpacking.files(folder, progress);
    return { header: unpacking.header, secret, tables, steps, found: await unpacking.manifest() };
  } finally {
    await unpacking.close();
  }
}

describe('a backup', () => {
  test('is unpacked in its order, and compared with its manifest', async () => {
    await write(ENTRIES);
    const { secret, tables, steps, found, ...rest } = await unpack();
    expect(rest.header).toEqual(header);
    expect(secret).toBe('the secret');
    expect(tables).toEqual({
      events: { columns: ['n', 'body'], text: '1\tone\n2\ttwo\n' },
      'a/b': { columns: ['n'], text: '1\n' },
      empty: { columns: ['n'], text: '' },
    });
    expect(found).toEqual(manifest);
    expect(steps).toEqual(['3 tables, 14 bytes of text', '1 file']);
    const one = join(dir, 'out', 'files', 'ab', 'one');
    expect(readFileSync(one, 'utf8')).toBe('content');
    expect(statSync(one).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'out', 'files')).mode & 0o777).toBe(0o700);
  });

  test('may have no secret, which is then a file of the data folder', async () => {
    const { secret: _secret, ...files } = manifest.files;
    await write([
      ...ENTRIES.filter(([name]) => name !== 'files/secret' && name !== 'manifest.json'),
      ['manifest.json', JSON.stringify({ ...manifest, files })],
    ]);
    expect((await unpack()).secret).toBeUndefined();
  });

  test.each([
    ['a row that was changed', 'tables/events/000002.copy', '2\ttwa\n', 'the table events differs'],
    ['a row that is missing', 'tables/events/000002.copy', null, 'the table events differs'],
    ['a row more', 'tables/a%2Fb/000001.copy', '1\n2\n', 'the table a/b differs'],
    ['a file that was changed', 'files/files/ab/one', 'contents', 'files/ab/one differs'],
    ['a file that is missing', 'files/files/ab/one', null, 'files/ab/one differs'],
    ['a secret that was changed', 'files/secret', 'another\n', 'secret differs'],
    ['no end', 'manifest.json', null, 'is incomplete'],
    ['a manifest that is none', 'manifest.json', '{}', 'manifest cannot be read'],
    ['no header', 'parley-backup.json', null, 'is not a backup of Parley'],
    ['a header that is none', 'parley-backup.json', '{}', 'header cannot be read'],
  ])('with %s is refused', async (_what, name, content, message) => {
    await write(
      ENTRIES.flatMap(([each, text]) =>
        each !== name
          ? [[each, text] as const]
          : content === null
            ? []
            : [[each, content] as const],
      ),
    );
    await expect(unpack()).rejects.toThrow(message);
  });

  test('with trailing data, or with a file outside the folder, is refused', async () => {
    await write([...ENTRIES, ['later', 'x']]);
    await expect(unpack()).rejects.toThrow('there is data after its end');
    const evil = ENTRIES.map(([name, text]) =>
      name === 'files/files/ab/one' ? (['files/../one', text] as const) : ([name, text] as const),
    );
    await write(evil);
    await expect(unpack()).rejects.toThrow('it contains a file named "../one"');
    expect(readdirSync(dir).sort()).toEqual(['backup.tar.gz']);
  });

  test('that is truncated, or not an archive, is refused with a message for the user', async () => {
    await write([...ENTRIES.slice(0, -1), ['files/big', randomBytes(100_000)]]);
    const whole = readFileSync(path);
    for (const length of [0, 10, 300, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length));
      await expect(unpack()).rejects.toThrow(/backup/);
    }
    writeFileSync(path, 'no archive at all');
    await expect(unpack()).rejects.toThrow('is not a complete backup of Parley');
    await expect(Unpacking.open(join(dir, 'absent'))).rejects.toThrow('ENOENT');
  });
});

test.each(['..', 'a/../b', './a', '/a', 'a//b', 'a/', '', 'a\\b', 'a\0', 'postgres/x', 'lock'])(
  'no file of a backup may be at %j',
  (name) => expect(() => refusePath(name)).toThrow('it contains a file named'),
);

test.each(['secret', 'files/ab/one', 'a..b/...', 'files/postgres'])(
  'a file of a backup may be at %j',
  (name) => expect(() => refusePath(name)).not.toThrow(),
);

test('a part that only one side has differs, and so does one with another value', () => {
  const one = { a: { rows: 1, bytes: 2 }, b: { rows: 0, bytes: 0 } };
  expect(() => requireEqual('table', one, { ...one })).not.toThrow();
  for (const [name, other] of [
    ['a', { b: one.b }],
    ['c', { ...one, c: { rows: 0, bytes: 0 } }],
    ['a', { ...one, a: { rows: 2, bytes: 2 } }],
    ['b', { ...one, b: { rows: 0, bytes: 1 } }],
  ] as const) {
    const differs = `the table ${name} differs from the manifest`;
    expect(() => requireEqual('table', one, other as typeof one)).toThrow(differs);
  }
});

describe('an archive', () => {
  const read = async () => {
    const entries: [string, number, Buffer][] = [];
    for await (const { name, size, content } of readArchive(path)) {
      const pieces: Buffer[] = [];
      for await (const piece of content) pieces.push(piece);
      entries.push([name, size, Buffer.concat(pieces)]);
    }
    return entries;
  };
  /** Rows in pieces, and their digest at the end. */
  async function* rows(...pieces: Buffer[]): AsyncGenerator<Buffer, string> {
    const hash = createHash('sha256');
    for (const piece of pieces) {
      hash.update(piece);
      yield piece;
    }
    return hash.digest('hex');
  }

  test('has what was added, is readable by its owner only, and never replaces a file', async () => {
    const archive = new ArchiveWriter(path, new Date('2026-01-01T00:00:00.000Z'));
    await archive.add('text', 'é');
    await archive.stream('stream', 3, Readable.from([Buffer.from('ab'), Buffer.from('c')]));
    await archive.add('empty', '');
    await archive.finish();
    expect(await read()).toEqual([
      ['text', 2, Buffer.from('é')],
      ['stream', 3, Buffer.from('abc')],
      ['empty', 0, Buffer.alloc(0)],
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(gunzipSync(readFileSync(path)).includes('ustar')).toBe(true);
    const again = new ArchiveWriter(path, new Date());
    await expect(again.finish()).rejects.toThrow('EEXIST');
    expect(await read()).toHaveLength(3);
  });

  test('has rows in pieces of 4 MiB, and reports the bytes of each', async () => {
    const archive = new ArchiveWriter(path, new Date());
    const reported: number[] = [];
    const pieces = Array.from({ length: 5 }, (_, n) => Buffer.alloc(2 * MIB, n));
    const digest = await archive.pieces('t/', '.copy', rows(...pieces), (bytes) => {
      reported.push(bytes);
    });
    const none = await archive.pieces('none/', '.copy', rows(), (bytes) => reported.push(bytes));
    await archive.finish();
    expect(digest).toBe(createHash('sha256').update(Buffer.concat(pieces)).digest('hex'));
    expect(none).toBe(createHash('sha256').digest('hex'));
    expect(reported).toEqual([4 * MIB, 4 * MIB, 2 * MIB]);
    const entries = await read();
    expect(entries.map(([name, size]) => [name, size])).toEqual([
      ['t/000001.copy', 4 * MIB],
      ['t/000002.copy', 4 * MIB],
      ['t/000003.copy', 2 * MIB],
    ]);
    expect(
      Buffer.concat(entries.map(([, , content]) => content)).equals(Buffer.concat(pieces)),
    ).toBe(true);
  });

  test('that cannot be written fails, and can be abandoned', async () => {
    const archive = new ArchiveWriter(join(dir, 'absent', 'backup'), new Date());
    const fill = async () => {
      for (let n = 0; n < 1_000; n++) await archive.add(`${n}`, Buffer.alloc(100_000));
    };
    await expect(fill()).rejects.toThrow('ENOENT');
    await archive.abandon();
    const failing = new ArchiveWriter(path, new Date());
    const content = Readable.from(
      (async function* () {
        yield Buffer.from('a');
        throw new Error('The source failed');
      })(),
    );
    await expect(failing.stream('x', 2, content)).rejects.toThrow('The source failed');
    await failing.abandon();
    // Nothing has failed: it ends because it is abandoned.
    const unfinished = new ArchiveWriter(join(dir, 'unfinished'), new Date());
    await unfinished.add('x', Buffer.from('a'));
    await expect(unfinished.abandon()).resolves.toBeUndefined();
  });
});
