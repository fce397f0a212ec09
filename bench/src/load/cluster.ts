import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startEmbedded } from '@parley/server/embedded';
import { pino } from 'pino';
import { type ServerProcess, startServer } from '../server-process.ts';
import { cpuOf, familyOf } from './cpu.ts';

/** Processor time by process, s. */
export interface Cpu {
  readonly nodes: number;
  readonly database: number;
  readonly redis: number;
}

/** Nodes over one database of their own, joined by a Redis if there are several. */
export interface Cluster {
  readonly urls: readonly string[];
  readonly nodes: readonly ServerProcess[];
  /** A node over the same database that knows of no other node; null unless requested. */
  readonly aloneUrl: string | null;
  readonly databaseUrl: string;
  /** Processor time used so far. */
  cpu(): Cpu;
  stop(): Promise<void>;
}

const REDIS = ['valkey-server', 'redis-server'];

/** Starts `count` nodes, of another build if `cli` is its command line; more than one need an installed Redis. */
export async function startCluster(
  count: number,
  { alone = false, cli }: { readonly alone?: boolean; readonly cli?: string } = {},
): Promise<Cluster> {
  const undo: (() => Promise<unknown> | unknown)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const dataDir = mkdtempSync(join(tmpdir(), 'parley-bench-database-'));
    undo.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const database = await startEmbedded({ dataDir, log: pino({ level: 'silent' }) });
    undo.push(() => database.stop());
    const { host, port, user, database: name } = database.connection;
    const env: Record<string, string> = {
      DATABASE_URL: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}&port=${port}`,
      PUBLIC_URL: 'http://parley.example',
      PARLEY_SECRET: 'one secret for all nodes of a measurement',
    };
    const joined = count > 1;
    let redis: ChildProcess | null = null;
    let single: ServerProcess | null = null;
    if (alone) {
      single = await startServer({ env });
      undo.push(() => single?.stop());
    }
    if (joined) {
      const at = await freePort();
      redis = startRedis(at);
      undo.push(() => redis?.kill('SIGKILL'));
      env.REDIS_URL = `redis://127.0.0.1:${at}`;
    }
    const nodes: ServerProcess[] = [];
    for (let n = 0; n < count; n++) {
      const node = await startServer({ env, ...(cli !== undefined && { cli }) });
      nodes.push(node);
      undo.push(() => node.stop());
    }
    if (joined) await Promise.all(nodes.map((node) => whenJoined(node.url)));
    const redisPid = redis?.pid;
    return {
      urls: nodes.map((n) => n.url),
      nodes,
      aloneUrl: single?.url ?? null,
      databaseUrl: env.DATABASE_URL as string,
      cpu: () => ({
        nodes: [...nodes, ...(single ? [single] : [])].reduce((sum, n) => sum + cpuOf(n.pid), 0),
        database: familyOf(database.pid).reduce((sum, pid) => sum + cpuOf(pid), 0),
        redis: redisPid === undefined ? 0 : cpuOf(redisPid),
      }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startRedis(port: number): ChildProcess {
  const program = REDIS.find((name) => spawnSync(name, ['--version']).status === 0);
  if (program === undefined) throw new Error(`Several nodes need one of ${REDIS.join(', ')}`);
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(program, args, { stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

async function whenJoined(url: string): Promise<void> {
  for (const end = performance.now() + 20_000; performance.now() < end; ) {
    const answer = (await (await fetch(new URL('/health/ready', url))).json()) as {
      broker?: string;
    };
    if (answer.broker === 'connected') return;
    await pause(50);
  }
  throw new Error('The nodes were not joined in time');
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
