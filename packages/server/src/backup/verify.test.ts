import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { requireSpace, verifyBackup } from './verify.ts';

const MIB = 1024 * 1024;
const ID = '018f0000-0000-4000-8000-000000000001';
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'parley-verify-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const header = {
  format: 1,
  id: ID,
  madeAt: '2026-01-01T00:00:00.000Z',
  epoch: ID,
  migrations: [],
  tables: [{ name: 'events', columns: ['n'] }],
  sequences: [],
};
const digest = (content: Buffer) => ({
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});

/** Writes a backup of one table in pieces and some files; `claim` changes what the manifest says. */
async function aBackup(
  rows: readonly Buffer[],
  files: Record<string, Buffer>,
  claim: (manifest: {
    tables: Record<string, { bytes: number }>;
    files: Record<string, { bytes: number }>;
  }) => void = () => undefined,
  level: number = constants.Z_DEFAULT_COMPRESSION,
): Promise<string> {
  const path = join(dir, 'backup.tar.gz');
  const archive = pack();
  const written = pipeline(archive, createGzip({ level }), createWriteStream(path));
  const table = { rows: 1, ...digest(Buffer.concat(rows)) };
  const manifest = {
    id: ID,
    tables: { events: table },
    streams: { streams: 0, events: 0, sha256: '0'.repeat(64) },
    files: Object.fromEntries(Object.entries(files).map(([name, c]) => [name, digest(c)])),
  };
  claim(manifest);
  archive.entry({ name: 'parley-backup.json' }, JSON.stringify(header));
  for (const [n, piece] of rows.entries()) {
    archive.entry({ name: `tables/events/00000${n + 1}.copy` }, piece);
  }
  for (const [name, content] of Object.entries(files)) {
    archive.entry({ name: `files/${name}` }, content);
  }
  archive.entry({ name: 'manifest.json' }, JSON.stringify(manifest));
  archive.finalize();
  await written;
  return path;
}

describe('the verification of a backup', () => {
  test('adds up its unpacked size, without writing', async () => {
    const path = await aBackup([Buffer.alloc(1_000, 'a\n'), Buffer.alloc(500, 'b\n')], {
      secret: Buffer.from('s'),
      'outbox/1.eml': Buffer.alloc(300, 'm'),
      empty: Buffer.alloc(0),
    });
    expect(await verifyBackup(path)).toEqual({ tableBytes: 1_500, fileBytes: 301 });
  });

  test.each([
    ['a file', [], { bomb: Buffer.alloc(100 * MIB) }],
    ['rows', Array.from({ length: 9 }, () => Buffer.alloc(9 * MIB)), {}],
  ])('refuses a decompression bomb: %s', { timeout: 60_000 }, async (_, rows, files) => {
    const path = await aBackup(rows, files);
    expect(statSync(path).size).toBeLessThan(MIB);
    await expect(verifyBackup(path)).rejects.toThrow(
      /^The backup is damaged: it unpacks to more than .*, which is impossible for a backup/,
    );
  });

  test('accepts a large backup with large content', {
    timeout: 60_000,
  }, async () => {
    const path = await aBackup(
      [randomBytes(70 * MIB)],
      {},
      undefined,
      // Random bytes cannot be compressed, and to try takes seconds.
      constants.Z_NO_COMPRESSION,
    );
    expect(await verifyBackup(path)).toEqual({ tableBytes: 70 * MIB, fileBytes: 0 });
  });

  test.each([
    ['the table events', (m: { tables: Record<string, { bytes: number }> }) => m.tables.events],
    ['the file secret', (m: { files: Record<string, { bytes: number }> }) => m.files.secret],
  ])('refuses sizes that the manifest does not say: %s', async (what, of) => {
    for (const by of [-1, 1]) {
      const path = await aBackup([Buffer.from('1\n')], { secret: Buffer.from('s') }, (manifest) => {
        (of(manifest) as { bytes: number }).bytes += by;
      });
      await expect(verifyBackup(path)).rejects.toThrow(`${what} differs from the manifest`);
    }
  });

  test('refuses a file outside the folder', async () => {
    const path = await aBackup([], { '../secret': Buffer.from('s') });
    await expect(verifyBackup(path)).rejects.toThrow('it contains a file named "../secret"');
  });

  test('refuses what does not fit on the disk; rows of an external database are not counted', () => {
    const huge = 2 ** 60;
    const rows = { tableBytes: huge, fileBytes: 0 };
    expect(() => requireSpace(dir, rows, true)).toThrow(
      /^Not enough disk space: the backup needs at least .* free\. Nothing/,
    );
    expect(() => requireSpace(dir, rows, false)).not.toThrow();
    expect(() => requireSpace(dir, { tableBytes: 0, fileBytes: huge }, false)).toThrow(
      'needs at least',
    );
    expect(() => requireSpace(dir, { tableBytes: 1, fileBytes: 1 }, true)).not.toThrow();
  });
});
