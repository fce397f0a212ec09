import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFolder, typeOf } from './static-files.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-static-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets', 'a.js'), 'x'.repeat(5_000));
  writeFileSync(join(folder, 'assets', 'a.js.br'), 'made by the build');
  writeFileSync(join(folder, 'assets', 'b.js'), 'y'.repeat(5_000));
  writeFileSync(join(folder, 'assets', 'alone.gz'), 'no original');
  symlinkSync('/etc/passwd', join(folder, 'assets', 'link'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a folder is read with its compressed files as encodings, and nothing outside it', async () => {
  const files = await readFolder(folder);
  expect([...files.keys()].sort()).toEqual([
    '/assets/a.js',
    '/assets/alone.gz',
    '/assets/b.js',
    '/index.html',
  ]);
  const a = files.get('/assets/a.js');
  expect(Object.keys(a?.encoded ?? {})).toEqual(['br']);
  expect(a?.encoded.br?.toString()).toBe('made by the build');
  expect(Object.keys(files.get('/assets/b.js')?.encoded ?? {}).sort()).toEqual(['br', 'gzip']);
});

test('the media type follows from the file extension', () => {
  expect(typeOf('/x/y.JS')).toBe('text/javascript; charset=utf-8');
  expect(typeOf('/x/y.webmanifest')).toBe('application/manifest+json; charset=utf-8');
  expect(typeOf('/x/y.js.unknown')).toBe('application/octet-stream');
  expect(typeOf('/x/y')).toBe('application/octet-stream');
});
