import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startChild } from '../../test/support/child.ts';
import { DataFolderInUse, lockFolder } from './lock.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'parley-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const holder = (fields: object) => {
  mkdirSync(join(dir, 'lock'), { recursive: true });
  writeFileSync(join(dir, 'lock', '7'), JSON.stringify(fields));
};

// Processes of their own: on a busy machine their starts take long.
vi.setConfig({ testTimeout: 60_000 });

describe('lockFolder', () => {
  test('rejects the second with a message, and admits it after the release', async () => {
    const lock = await lockFolder(dir);
    const second = lockFolder(dir);
    await expect(second).rejects.toThrow(DataFolderInUse);
    await expect(second).rejects.toThrow(
      new RegExp(`^${dir} is in use by the Parley server with pid ${process.pid}, started 20`),
    );
    lock.release();
    (await lockFolder(dir)).release();
  });

  test('admits one of many that start at once after a holder has ended', async () => {
    for (let round = 0; round < 20; round += 1) {
      holder({ pid: 4_190_000, identity: 'long gone', startedAt: 'then' });
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(dir)));
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
      rmSync(join(dir, 'lock'), { recursive: true });
    }
  });

  test('admits one of several processes, and the next after its kill -9', async () => {
    const children = [1, 2, 3, 4].map(() => startChild('./lock-child.ts', [dir]));
    const said = await Promise.all(children.map((child) => child.line()));
    const winner = said.indexOf('locked');
    expect(said.filter((line) => line === 'locked')).toHaveLength(1);
    expect(said[(winner + 1) % 4]).toContain(
      `is in use by the Parley server with pid ${children[winner]?.pid}`,
    );

    await children[winner]?.kill();
    (await lockFolder(dir)).release();
    await Promise.all(children.map((child) => child.kill()));
  });

  test('does not mistake a reused pid for its holder', async () => {
    holder({ pid: process.pid, identity: 'another boot/12345', startedAt: 'then' });
    (await lockFolder(dir)).release();
  });

  // Like a container: its first process has pid 1.
  const apart = ['--pid', '--fork', '--kill-child', '--mount-proc'];
  const possible = spawnSync('unshare', [...apart, 'true']).status === 0;
  test.skipIf(!possible)('sees a holder in another container, and its end', async () => {
    const child = startChild('./lock-child.ts', [dir], {}, ['unshare', ...apart]);
    expect(await child.line()).toBe('locked');
    const [file = ''] = readdirSync(join(dir, 'lock'));
    expect(JSON.parse(readFileSync(join(dir, 'lock', file), 'utf8')).pid).toBeLessThan(10);

    await expect(lockFolder(dir)).rejects.toThrow(DataFolderInUse);
    await child.kill();
    (await lockFolder(dir, 3_000)).release();
  });

  test('takes over a lock file damaged by a power failure', async () => {
    mkdirSync(join(dir, 'lock'));
    writeFileSync(join(dir, 'lock', '7'), '{"pid":');
    const lock = await lockFolder(dir);
    expect(readdirSync(join(dir, 'lock'))).toEqual(['8']);
    lock.release();
  });
});
