import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConversationId } from '@parley/protocol';
import { type Child, startServer } from '../support/child.ts';
import type { TestCluster } from '../support/database.ts';
import { Peer } from '../support/peer.ts';
import { registerAt, type User } from '../support/server.ts';
import { aClientId } from '../support/stream-builders.ts';

/** Address of the innocent client; attackers connect from 127.0.0.1. */
const INNOCENT = '127.0.0.2';
/** Sockets of the innocent account, and how often each posts: within both limits. */
const SOCKETS = 4;
const POST_MS = 345;

/** A server in its own process, with its limits on and 1 GB of heap. */
export interface Target {
  readonly child: Child;
  readonly url: string;
  readonly port: number;
  /** Resident memory of the process, bytes. */
  rss(): number;
  /** Open file descriptors of the process. */
  descriptors(): number;
  /** Processor time of the process, seconds. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** Starts the target on a fresh database; `env` adds settings. */
export async function startTarget(
  cluster: TestCluster,
  env: Record<string, string> = {},
): Promise<Target> {
  const database = await cluster.fresh();
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-target-'));
  const child = startServer({
    PORT: '0',
    PARLEY_DATA: join(dataDir, 'data'),
    DATABASE_URL: database.url,
    NODE_OPTIONS: '--max-old-space-size=1024',
    ...env,
  });
  const url = await child.line();
  return {
    child,
    url,
    port: Number(new URL(url).port),
    rss: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024,
    descriptors: () => readdirSync(`/proc/${child.pid}/fd`).length,
    // Fields 14 and 15 of proc_pid_stat(5), in ticks of a hundredth of a second.
    cpuSeconds: () => {
      const [user, system] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ').slice(13);
      return (Number(user) + Number(system)) / 100;
    },
    stop: async () => {
      await child.kill();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** What was measured during an attack. */
export interface Measured {
  /** Milliseconds from each post to its event. */
  readonly echoes: readonly number[];
  readonly unanswered: number;
  readonly rssGrowth: number;
}

/** An innocent client that uses the server meanwhile: echoes of posts, and new sockets. */
export class Innocent {
  readonly #target: Target;
  readonly #group: ConversationId;
  readonly #peers: Peer[];

  private constructor(target: Target, group: ConversationId, peers: Peer[]) {
    this.#target = target;
    this.#group = group;
    this.#peers = peers;
  }

  static async arrive(target: Target): Promise<Innocent> {
    const user = await registerAt(target.url, 'innocent');
    const group = await user.group('echo');
    const peers = await Promise.all(
      Array.from({ length: SOCKETS }, () => newPeer(target.url, user)),
    );
    return new Innocent(target, group, peers);
  }

  /** Opens a socket; returns false when it was rejected. */
  async canConnect(): Promise<boolean> {
    const peer = new Peer(this.#target.url, { localAddress: INNOCENT });
    await peer.until(
      () => peer.refused !== null || peer.closed !== null || peer.ws.readyState === peer.ws.OPEN,
      'an answer to the upgrade',
    );
    const opened = peer.refused === null && peer.closed === null;
    peer.close();
    return opened;
  }

  /** Posts until each socket has received some echoes, so that later ones are measured warm. */
  async warmUp(): Promise<void> {
    const warm = (peer: Peer) => peer.of('event').length >= 3;
    for (const peer of this.#peers) {
      while (!warm(peer)) {
        const id = aClientId();
        peer.send({ op: 'post', id, conversation: this.#group, body: 'warm up' });
        await peer.next('event', (event) => event.client === id);
      }
      peer.frames.length = 0;
    }
  }

  /** Posts and measures until the given work is done. */
  async beside(other: Promise<unknown>): Promise<Measured> {
    const before = this.#target.rss();
    let peak = before;
    let done = false;
    const sampling = setInterval(() => {
      peak = Math.max(peak, this.#target.rss());
    }, 50);
    const echoes: number[] = [];
    let unanswered = 0;
    const loop = async (peer: Peer, n: number) => {
      await new Promise((resolve) => setTimeout(resolve, (n * POST_MS) / SOCKETS));
      while (!done) {
        const startedAt = performance.now();
        const id = aClientId();
        peer.send({ op: 'post', id, conversation: this.#group, body: 'echo' });
        try {
          await peer.next('event', (event) => event.client === id);
          echoes.push(performance.now() - startedAt);
        } catch {
          unanswered++;
        }
        const left = POST_MS - (performance.now() - startedAt);
        if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
        peer.frames.length = 0;
      }
    };
    const loops = this.#peers.map(loop);
    await other;
    done = true;
    await Promise.all(loops);
    clearInterval(sampling);
    return { echoes, unanswered, rssGrowth: peak - before };
  }

  leave(): void {
    for (const peer of this.#peers) peer.close();
  }
}

async function newPeer(url: string, user: User): Promise<Peer> {
  const peer = new Peer(url, { localAddress: INNOCENT });
  peer.ws.on('message', (data) => {
    if (data.toString().startsWith('{"op":"ping"')) peer.send({ op: 'pong' });
  });
  await peer.hello(user.accessToken);
  return peer;
}

/** Returns the value that this percentage of the values does not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}
