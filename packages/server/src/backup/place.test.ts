import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { isDerived, isKept, listFiles, openFile } from './files.ts';
import {
  aside,
  claim,
  makeDataDir,
  placeAll,
  readState,
  readyDir,
  requireEmpty,
  type State,
  writeState,
} from './place.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = makeTempDir('place');
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const put = (path: string, content = 'x') => {
  mkdirSync(join(dataDir, path, '..'), { recursive: true });
  writeFileSync(join(dataDir, path), content);
};
const state = (phase: State['phase']): State => ({ backup: 'b', epoch: 'e', phase });

describe('a data folder in which a backup is restored', () => {
  test('has its files in a staging folder until all are ready, then in place', async () => {
    const ready = await claim(dataDir);
    expect(ready).toBe(readyDir(dataDir));
    expect(statSync(ready).mode & 0o777).toBe(0o700);
    expect(readdirSync(dataDir)).toEqual(['restoring']);
    expect(aside(dataDir)).toBe(join(dataDir, 'restoring', 'database'));
    writeFileSync(join(ready, 'secret'), 's');
    mkdirSync(join(ready, 'files'));
    writeFileSync(join(ready, 'files', 'one'), '1');
    placeAll(dataDir);
    expect(readdirSync(dataDir).sort()).toEqual(['files', 'secret']);
    expect(readFileSync(join(dataDir, 'files', 'one'), 'utf8')).toBe('1');
  });

  test('continues to place files after an interrupted run', async () => {
    const ready = await claim(dataDir);
    put('first');
    writeFileSync(join(ready, 'second'), '2');
    placeAll(dataDir);
    expect(readdirSync(dataDir).sort()).toEqual(['first', 'second']);
  });

  test('stores its progress, and discards what an earlier run had loaded', async () => {
    expect(readState(dataDir)).toBeUndefined();
    await claim(dataDir);
    expect(readState(dataDir)).toBeUndefined();
    for (const phase of ['loading', 'committing', 'placing'] as const) {
      writeState(dataDir, state(phase));
      expect(readState(dataDir)).toEqual(state(phase));
    }
    expect(readdirSync(join(dataDir, 'restoring')).sort()).toEqual(['ready', 'state.json']);
    put('restoring/ready/secret');
    await claim(dataDir);
    expect(readState(dataDir)).toBeUndefined();
    expect(readdirSync(readyDir(dataDir))).toEqual([]);
  });

  test('has no progress if the file was not written to its end', async () => {
    await claim(dataDir);
    for (const text of ['', '{', '{"backup":"b","epoch":"e","phase":"another"}']) {
      put('restoring/state.json', text);
      expect(readState(dataDir)).toBeUndefined();
    }
  });

  test('must be empty, except for leftovers of a server or an earlier restore', async () => {
    for (const name of ['lock', 'postgres.log', 'backups/one.tar.gz', 'restoring/state.json']) {
      put(name);
    }
    requireEmpty(dataDir);
    for (const name of ['secret', 'postgres/PG_VERSION']) {
      put(name);
      expect(() => requireEmpty(dataDir)).toThrow(/is not empty: it contains/);
      await expect(claim(dataDir)).rejects.toThrow('Nothing was changed');
      rmSync(join(dataDir, name.split('/')[0] as string), { recursive: true });
    }
    expect(existsSync(join(dataDir, 'restoring', 'state.json'))).toBe(true);
    for (const name of ['e', 'd', 'c', 'b', 'a']) put(name);
    expect(() => requireEmpty(dataDir)).toThrow(/contains a, b, c, d, e\. /);
    put('f');
    expect(() => requireEmpty(dataDir)).toThrow(/contains a, b, c, d, e …\. /);
  });

  test('is created if it does not exist', () => {
    const path = join(dataDir, 'new', 'folder');
    makeDataDir(path);
    makeDataDir(path);
    expect(readdirSync(path)).toEqual([]);
  });
});

describe('the files of a backup', () => {
  test.each([
    ['postgres', true],
    ['postgres.log', true],
    ['postgres.log.2', true],
    ['postgres.log.old', false],
    ['postgres.new-7', true],
    ['postgres-programs-18', true],
    ['my-postgres', false],
    ['lock', true],
    ['locks', false],
    ['reserve', true],
    ['reserve.new', true],
    ['backups', true],
    ['secret', false],
    ['secret.12', true],
    ['secret.txt', false],
    ['lost+found', true],
    ['restoring', true],
    ['moved.json', true],
    ['files', false],
    ['outbox', false],
  ])('leave out what is stored as rows or recreated: %s, %s', (name, derived) => {
    expect(isDerived(name)).toBe(derived);
  });

  test('include a backup written into the folder, except in the folder of backups', () => {
    const kept = (path: string) => isKept('/data', path);
    expect(kept('/data/own.tar.gz')).toBe(true);
    expect(kept('/data/other/own.tar.gz')).toBe(true);
    expect(kept('/data/backups/own.tar.gz')).toBe(false);
    // A file with that name is not the folder of backups.
    expect(kept('/data/backups')).toBe(true);
    expect(kept('/elsewhere/own.tar.gz')).toBe(false);
    expect(kept('/data')).toBe(false);
  });

  test('are regular files: links to other locations are left out', async () => {
    put('secret');
    put('outbox/one.eml');
    put('postgres/PG_VERSION');
    symlinkSync('/etc/hostname', join(dataDir, 'link'));
    symlinkSync('/etc', join(dataDir, 'outbox', 'folder'));
    expect(await listFiles(dataDir)).toEqual(['outbox/one.eml', 'secret']);
  });

  test('are read up to the length that they had, with their digest', async () => {
    put('log', 'a'.repeat(100_000));
    const file = await openFile(dataDir, 'log');
    writeFileSync(join(dataDir, 'log'), 'later', { flag: 'a' });
    const reading = file?.read();
    const pieces: Buffer[] = [];
    let step = await reading?.next();
    for (; step && !step.done; step = await reading?.next()) pieces.push(step.value);
    expect(Buffer.concat(pieces).toString()).toBe('a'.repeat(100_000));
    expect(step?.value).toEqual({
      bytes: 100_000,
      sha256: '6d1cf22d7cc09b085dfc25ee1a1f3ae0265804c607bc2074ad253bcc82fd81ee',
    });
    expect(await openFile(dataDir, 'absent')).toBeUndefined();
  });

  test('may not become shorter while they are read', async () => {
    put('log', 'a'.repeat(100));
    const file = await openFile(dataDir, 'log');
    writeFileSync(join(dataDir, 'log'), 'a');
    const read = async () => {
      for await (const _piece of file?.read() ?? []);
    };
    await expect(read()).rejects.toThrow('log became shorter');
  });
});
