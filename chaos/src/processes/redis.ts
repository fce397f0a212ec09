import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** A real, temporary Redis (or Valkey): in memory only, on its own loopback port. */
export type LocalRedis = {
  readonly url: string;
  readonly port: number;
  /** Ends it with SIGKILL: all connections break, all data is lost. */
  kill(): Promise<void>;
  /** Restarts it, empty, on the same port. */
  start(): Promise<void>;
  /** Stops its process (SIGSTOP): connections stay open, but nothing gets through. */
  freeze(): void;
  /** Continues its process (SIGCONT). */
  thaw(): void;
  /** Cuts all subscriber connections, as Redis does with slow subscribers. */
  cutListeners(): Promise<void>;
  /** Returns the channels that have subscribers. */
  channels(): Promise<string[]>;
  /** Ends it for good. */
  stop(): Promise<void>;
};

/** The supported programs; the first one that runs is used. */
const PROGRAMS = ['valkey-server', 'redis-server'];

/** Returns why there is no Redis here; null when there is one. */
export function whyNoRedis(): string | null {
  if (process.env.PARLEY_NO_REDIS) return process.env.PARLEY_NO_REDIS;
  return program() === undefined ? `none of ${PROGRAMS.join(', ')} is installed` : null;
}

const program = (): string | undefined =>
  PROGRAMS.find((name) => spawnSync(name, ['--version']).status === 0);

/** Starts a Redis; {@link whyNoRedis} returns whether that is possible. */
export async function startRedis(): Promise<LocalRedis> {
  const name = program();
  if (name === undefined) throw new Error(whyNoRedis() ?? 'no Redis');
  const port = await freePort();
  let child: ChildProcess | null = null;
  const admin = new Redis({ port, host: '127.0.0.1', lazyConnect: true, protocol: 2 });
  admin.on('error', () => undefined);

  const start = async () => {
    child = spawn(
      name,
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      { stdio: 'ignore' },
    );
    process.once('exit', () => child?.kill('SIGKILL'));
    for (let answered = false; !answered; ) {
      answered = await answers(port);
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    }
  };
  const kill = async () => {
    const ending = child;
    child = null;
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = once(ending, 'exit');
    ending.kill('SIGKILL');
    await exited;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    cutListeners: async () => {
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    },
    channels: () => admin.pubsub('CHANNELS') as Promise<string[]>,
    stop: async () => {
      admin.disconnect();
      await kill();
    },
  };
}

/** Returns whether a Redis answers there; waits a little when not. */
async function answers(port: number): Promise<boolean> {
  const probe = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: null });
  probe.on('error', () => undefined);
  try {
    await probe.connect();
    return (await probe.ping()) === 'PONG';
  } catch {
    await pause(20);
    return false;
  } finally {
    probe.disconnect();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}
