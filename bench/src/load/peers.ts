import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerProcess } from '../server-process.ts';
import { canPin } from './generate.ts';
import type { Kind } from './kinds.ts';

const PEERS = fileURLToPath(new URL('../../peers/', import.meta.url));

/** Starts a peer on the server’s core; null, after printing the reason, where it is unavailable. */
export async function startPeer(kind: Exclude<Kind, 'parley'>): Promise<ServerProcess | null> {
  let folder: string | null = null;
  let command = [process.execPath, join(PEERS, 'socketio.mjs')];
  if (kind === 'epoll') {
    if (spawnSync('g++', ['--version']).status !== 0) {
      console.log('  epoll      skipped: there is no g++ to build it with');
      return null;
    }
    folder = mkdtempSync(join(tmpdir(), 'parley-epoll-'));
    execFileSync('g++', [
      '-O2',
      '-std=c++17',
      '-o',
      join(folder, 'peer'),
      join(PEERS, 'epoll.cpp'),
    ]);
    command = [join(folder, 'peer')];
  }
  if (canPin) command = ['taskset', '-c', '0', ...command];
  const child = spawn(command[0] as string, command.slice(1), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    url: await readUrl(child),
    pid: child.pid as number,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      if (folder) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function readUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (bytes: Buffer) => {
      const url = /ready at (\S+)/.exec(bytes.toString())?.[1];
      if (url) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`The peer ended with ${code}`)));
  });
}
