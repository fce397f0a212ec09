import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { listFiles, openFile } from './files.ts';

const dirs: string[] = [];
let dataDir: string;
let shared: string;
beforeEach(() => {
  dataDir = makeTempDir('data');
  shared = makeTempDir('shared');
  dirs.push(dataDir, shared);
  mkdirSync(join(shared, 'ab'));
  writeFileSync(join(shared, 'ab', 'content'), 'shared');
  writeFileSync(join(dataDir, 'secret'), 'x');
});
afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true });
});

test('a backup has the contents in a folder of files that is a link to shared storage', async () => {
  symlinkSync(shared, join(dataDir, 'files'));
  expect(await listFiles(dataDir)).toEqual(['files/ab/content', 'secret']);
  const file = await openFile(dataDir, 'files/ab/content');
  expect(file?.size).toBe(6);
  const pieces: Buffer[] = [];
  for await (const piece of file?.read() ?? []) pieces.push(piece);
  expect(Buffer.concat(pieces).toString()).toBe('shared');
});

test('no backup is made while the folder of files is a link to unavailable storage', async () => {
  symlinkSync(join(shared, 'absent'), join(dataDir, 'files'));
  await expect(listFiles(dataDir)).rejects.toThrow('ENOENT');
});
