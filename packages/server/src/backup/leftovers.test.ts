import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { draftOf, removeLeftovers } from './leftovers.ts';

let dir: string;
let gone: number;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-leftovers-'));
  // The pid of a process that has ended.
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  gone = child.pid as number;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const HOUR = 3_600;
/** A file that was changed `ago` seconds ago. */
function put(name: string, ago: number, content: Buffer | string = gzipSync('rows')): void {
  const path = join(dir, name);
  writeFileSync(path, content);
  const then = Date.now() / 1000 - ago;
  utimesSync(path, then, then);
}

describe('leftovers of killed backups', () => {
  test('are removed: of the same name at once, of other names when nothing changes them', () => {
    put(`monday.tar.gz.part-${gone}`, HOUR);
    put(`empty.tar.gz.part-${gone}`, HOUR, '');
    put(`tuesday.tar.gz.part-${gone}`, 1);
    put(`own.tar.gz.part-${gone}`, 1);
    // In a container every backup has the same pid.
    put(`wednesday.tar.gz.part-${process.pid}`, HOUR);

    const removed = removeLeftovers(dir, 'own.tar.gz').sort();

    expect(removed).toEqual(
      [
        `empty.tar.gz.part-${gone}`,
        `monday.tar.gz.part-${gone}`,
        `own.tar.gz.part-${gone}`,
        `wednesday.tar.gz.part-${process.pid}`,
      ].sort(),
    );
    expect(readdirSync(dir)).toEqual([`tuesday.tar.gz.part-${gone}`]);
  });

  test('except those of running processes or other programs, and anything that is not a file', () => {
    put(`running.tar.gz.part-${process.ppid}`, HOUR);
    put(`own.tar.gz.part-${process.ppid}`, HOUR);
    put(`thesis.part-${gone}`, HOUR, 'chapter one');
    put('monday.tar.gz', HOUR);
    put('monday.tar.gz.part-', HOUR);
    put('monday.tar.gz.part-0', HOUR);
    put(`monday.tar.gz.part-${gone}.txt`, HOUR);
    mkdirSync(join(dir, `folder.part-${gone}`));
    const before = readdirSync(dir);

    expect(removeLeftovers(dir, 'own.tar.gz')).toEqual([]);
    expect(readdirSync(dir)).toEqual(before);
    expect(removeLeftovers(join(dir, 'none'))).toEqual([]);
  });

  test('a draft left by this process is removed by the next one', () => {
    expect(draftOf('/b/monday.tar.gz')).toBe(`/b/monday.tar.gz.part-${process.pid}`);
  });
});
