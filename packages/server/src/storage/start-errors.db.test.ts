import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { testLog } from '../../test/support/database.ts';
import { startEmbedded } from './embedded.ts';
import { lockFolder } from './lock.ts';
import { asUser } from './run-as.ts';
import { chooseSocketDir } from './socket-dir.ts';
import { explained, isFull, isOutOfFiles, makeDataFolder } from './start-errors.ts';

vi.setConfig({ testTimeout: 90_000 });

let dir: string;
const mounted: string[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'parley-start-'));
});
afterEach(() => {
  for (const path of mounted.splice(0)) execFileSync('umount', ['-l', path]);
  rmSync(dir, { recursive: true, force: true });
});

/** Mounting needs root on Linux. */
const cannotMount = process.platform !== 'linux' || process.getuid?.() !== 0;

function mount(type: string, options?: string): string {
  const path = join(dir, 'mounted');
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', type, ...(options ? ['-o', options] : []), type, path]);
  mounted.push(path);
  return path;
}

const starting = (dataDir: string) => startEmbedded({ dataDir, log: testLog });

describe('a start that fails because of the machine', () => {
  test.skipIf(cannotMount)('reports a read-only file system, not a missing owner', async () => {
    const disk = mount('tmpfs', 'size=10m');
    mkdirSync(join(disk, 'there'));
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    for (const dataDir of [join(disk, 'there'), join(disk, 'new')]) {
      const message = await starting(dataDir).catch((error: Error) => error.message);
      expect(message).toMatch(
        / is on a read-only file system\. Make it writable \(mount -o remount,rw/,
      );
      expect(message).not.toContain('chown');
    }
    await expect(lockFolder(join(disk, 'there'))).rejects.toThrow('is on a read-only file system');
  });

  test.skipIf(cannotMount)('reports a full disk, at whatever step it becomes full', async () => {
    // Full before anything is made; full while initdb writes; full at its first WAL segment.
    for (const megabytes of ['4k', '8m', '30m']) {
      const disk = mount('tmpfs', `size=${megabytes}`);
      const message = await starting(join(disk, 'data')).catch((error: Error) => error.message);
      expect(message, megabytes).toMatch(
        /^The disk of .*data is full\. Free at least 128 MB there/,
      );
      execFileSync('umount', ['-l', mounted.pop() as string]);
    }
  });

  test('reports a data folder that is a file, or in a file', () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    for (const dataDir of [file, join(file, 'data')]) {
      expect(() => makeDataFolder(dataDir)).toThrow(`${dataDir} is not a folder. Set PARLEY_DATA`);
    }
  });

  test('reports a too low limit on open files, and what to raise', () => {
    const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
    const hooks = fileURLToPath(new URL('../../test/support/typescript.mjs', import.meta.url));
    for (const limit of [40, 256]) {
      const { stderr, status } = spawnSync(
        'sh',
        [
          '-c',
          `ulimit -n ${limit}; exec "$0" --conditions=source --import "$1" "$2" start`,
          ...[process.execPath, hooks, cli],
        ],
        { encoding: 'utf8', env: { ...process.env, PARLEY_DATA: join(dir, 'data'), PORT: '0' } },
      );
      expect(stderr).toMatch(
        new RegExp(
          `^Parley could not start: The limit on open files is too low: ${limit} are allowed, and ` +
            'Parley needs at least 512 .*ulimit -n 65536 in a shell, LimitNOFILE=65536',
        ),
      );
      expect(status).toBe(1);
    }
    expect(readdirSync(dir)).toEqual([]);
  });

  test('system errors are recognized by their code, or by the output of a program', () => {
    const coded = (code: string) => Object.assign(new Error(code), { code });
    expect([coded('ENOSPC'), coded('EDQUOT'), coded('EROFS')].map(isFull)).toEqual([
      true,
      true,
      false,
    ]);
    expect([coded('EMFILE'), coded('ENFILE'), coded('ENOENT')].map(isOutOfFiles)).toEqual([
      true,
      true,
      false,
    ]);
    const printed = Object.assign(new Error('initdb ended with 1'), {
      stderr: 'initdb: error: could not write file: No space left on device',
    });
    expect((explained(printed, '/data') as Error).message).toContain('The disk of /data is full');
    printed.stderr = 'FATAL: could not extend file: wrote only 4096\nHINT:  Check free disk space.';
    expect((explained(printed, '/data') as Error).message).toContain('The disk of /data is full');
    expect((explained(coded('EDQUOT'), '/data') as Error).message).toContain(
      'The quota of /data is full',
    );
    const other = new Error('something else');
    expect(explained(other, '/data')).toBe(other);
    expect(explained(undefined, '/data')).toBe(undefined);
  });
});

describe('the folder of the socket', () => {
  const runAs = asUser(process.getuid?.() ?? 0, process.getgid?.() ?? 0);

  test('is that of the cluster if its file system supports Unix sockets', async () => {
    expect(await chooseSocketDir(join(dir, 'postgres'), runAs, testLog)).toBe(
      join(dir, 'postgres'),
    );
    // The check leaves nothing behind.
    expect(readdirSync(dir)).toEqual([]);
  });

  // mqueue supports no sockets, like some network file systems.
  test.skipIf(cannotMount)('is another one if it does not, the same at each start', async () => {
    const disk = mount('mqueue');
    const chosen = await chooseSocketDir(join(disk, 'postgres'), runAs, testLog);
    expect(chosen).toMatch(/\/parley-[0-9a-f]{16}$/);
    expect(chosen.startsWith(dir)).toBe(false);
    expect(await chooseSocketDir(join(disk, 'postgres'), runAs, testLog)).toBe(chosen);
    rmSync(chosen, { recursive: true });
  });
});
