import { rmSync } from 'node:fs';
import { ParleyApi, ParleyClient, type Store } from '@parley/client';
import { type NodeSocket, nodeSocket } from '@parley/client/node';
import {
  type ConversationId,
  type Event,
  type Limits,
  type Message,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { FaultProxy } from '../../../../chaos/src/processes/proxy.ts';
import { loadConfig } from '../../src/config/config.ts';
import { startParley } from '../../src/main.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { type Child, startCli } from '../support/child.ts';
import {
  startTestCluster,
  type TestCluster,
  type TestDatabase,
  testLog,
} from '../support/database.ts';
import { registerAt } from '../support/server.ts';
import { lendSigningKey, SECRET } from '../support/signing-key.ts';
import { until } from '../support/sink.ts';
import { makeTempDir } from '../support/temp-dir.ts';

/** A server, in this process or in its own process. */
export interface Node {
  /** The address that it listens on. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** A server in its own process, which can be killed. */
export interface ChildNode extends Node {
  readonly child: Child;
}

/** What a node is started with. */
export interface NodeOptions {
  readonly clock?: Clock;
  readonly limits?: Partial<Limits>;
  readonly env?: Record<string, string>;
}

/** The user of a client. All clients of a user share one session: its latest token is kept here. */
export interface ClientUser {
  readonly name: string;
  sessionToken: string;
}

/** The same for all nodes and for all addresses of them. */
const PUBLIC_URL = 'http://parley.example';

/**
 * Provides servers, bad networks and SDK clients for the tests of one file. Everything ends with the
 * test that created it.
 */
export class TestBed {
  #cluster: TestCluster | null = null;
  readonly #undo: (() => Promise<unknown> | unknown)[] = [];

  constructor() {
    // Servers in processes of their own are started and killed, which takes time on a busy machine.
    vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
    beforeAll(async () => {
      this.#cluster = await startTestCluster();
    });
    afterEach(async () => {
      for (const step of this.#undo.splice(0).reverse()) await step();
    });
    afterAll(() => this.#cluster?.stop());
  }

  get cluster(): TestCluster {
    if (!this.#cluster) throw new Error('The cluster is not up yet');
    return this.#cluster;
  }

  /** Registers a clean-up step for the end of the test; steps run in reverse order. */
  finally(step: () => Promise<unknown> | unknown): void {
    this.#undo.push(step);
  }

  async #settings(
    database: TestDatabase,
    env: Record<string, string> = {},
  ): Promise<Record<string, string>> {
    const opened = await database.open({ pipelined: false });
    await lendSigningKey(opened.pool, SECRET);
    await opened.close();
    const dataDir = makeTempDir('pitfall');
    this.finally(() => rmSync(dataDir, { recursive: true, force: true }));
    return {
      PORT: '0',
      PARLEY_DATA: dataDir,
      PARLEY_SECRET: SECRET,
      DATABASE_URL: database.url,
      PUBLIC_URL,
      RATE_LIMITS: 'off',
      LINK_PREVIEWS: 'off',
      REDIS_URL: '',
      ...env,
    };
  }

  /** Starts a node in this process. */
  async node(database: TestDatabase, options: NodeOptions = {}): Promise<Node> {
    const loaded = loadConfig(await this.#settings(database, options.env));
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const { clock, limits } = options;
    const parley = await startParley(loaded.config, testLog, {
      ...(clock && { clock }),
      ...(limits && { limits }),
    });
    const { address: url } = parley;
    const node = { url, port: Number(new URL(url).port), stop: () => parley.stop() };
    this.finally(node.stop);
    return node;
  }

  /** Starts a node in this process, with two users and their group. */
  async talk(options: NodeOptions = {}) {
    const database = await this.cluster.fresh();
    const node = await this.node(database, options);
    const ann = await registerAt(node.url, 'ann');
    const bob = await registerAt(node.url, 'bob');
    const group = await ann.group('the two', [bob]);
    return { database, node, ann, bob, group };
  }

  /** Starts a node in its own process; `port` is that of a killed node. */
  async child(
    database: TestDatabase,
    { env = {}, port = 0 }: { env?: Record<string, string>; port?: number } = {},
  ): Promise<ChildNode> {
    const settings = await this.#settings(database, {
      LOG_LEVEL: 'info',
      ...env,
      PORT: String(port),
    });
    const child = startCli(['start'], settings);
    this.finally(() => child.kill());
    await child.line();
    const said = /"url":"[^"]*","address":"http:\/\/[^"]*:(\d+)"|:(\d+)"[^\n]*"msg":"listening"/;
    const [, one, other] = said.exec(child.stderr()) ?? [];
    const found = Number(one ?? other);
    if (!found) throw new Error(`Where does it listen? ${child.stderr()}`);
    const stop = async () => {
      child.process.kill('SIGTERM');
      await child.ended;
    };
    return { url: `http://127.0.0.1:${found}`, port: found, child, stop };
  }

  /** Starts a network in front of a node. */
  async network(node: Node): Promise<FaultProxy & { readonly url: string }> {
    const proxy = new FaultProxy(node.port);
    const port = await proxy.listen();
    this.finally(() => proxy.close());
    return Object.assign(proxy, { url: `http://127.0.0.1:${port}` });
  }

  /** Starts an SDK client and waits until it is live. */
  async client(
    at: { readonly url: string },
    who: ClientUser,
    options: { store?: Store; live?: boolean } = {},
  ): Promise<RecordingClient> {
    const recording = new RecordingClient(at.url, who, options.store);
    this.finally(() => recording.client.stop());
    await recording.client.start();
    if (options.live !== false) await recording.live();
    return recording;
  }
}

/** An SDK client that records what it applies. */
export class RecordingClient {
  readonly api: ParleyApi;
  readonly client: ParleyClient;
  /** Every event that it applied, in order. */
  readonly events: Event[] = [];
  #socket: NodeSocket | null = null;

  constructor(
    url: string,
    who: ClientUser,
    store?: Store,
    // Short pauses, still spread.
    random: () => number = () => Math.random() / 50,
  ) {
    this.api = new ParleyApi({
      url,
      sessionToken: who.sessionToken,
      onSessionToken: (token) => {
        if (token !== undefined) who.sessionToken = token;
      },
    });
    this.client = new ParleyClient({
      api: this.api,
      ...(store && { store }),
      loadUsers: false,
      device: who.name,
      random,
      socket: (address, handlers) => {
        this.#socket = nodeSocket(address, handlers);
        return this.#socket;
      },
    });
    this.client.onEvent((event) => this.events.push(event));
  }

  /** Waits until all missed events have arrived. */
  live(ms = 30_000): Promise<void> {
    return until(() => this.client.state === 'live', 'the client to be live', ms);
  }

  /** Cuts its socket without a close frame. */
  drop(): void {
    this.#socket?.cut();
  }

  /** Cuts its socket without a close frame, and waits until the client has noticed. */
  async cut(): Promise<void> {
    this.drop();
    await until(() => this.client.state !== 'live', 'the cut to be noticed');
  }

  /** Returns the seqs of a conversation that it applied, in order. */
  seqs(conversation: ConversationId): Seq[] {
    const stream = streamOfConversation(conversation);
    return this.events.filter((e) => e.stream === stream).map((e) => e.seq);
  }

  /** Returns its cursor in a conversation. */
  at(conversation: ConversationId): Seq {
    return this.client.cursors.get(streamOfConversation(conversation)) ?? (0 as Seq);
  }

  /** Returns the messages of a conversation as it shows them. */
  async shows(conversation: ConversationId): Promise<object[]> {
    const timeline = this.client.timeline(conversation);
    await timeline.open();
    await until(() => timeline.snapshot.loading === null, 'the page');
    while (timeline.snapshot.hasOlder) await timeline.loadOlder();
    return timeline.snapshot.messages.map(plain);
  }

  /** Returns the messages that the server returns now. */
  async history(conversation: ConversationId): Promise<object[]> {
    const items: Message[] = [];
    for (let before: Seq | undefined; ; ) {
      const page = await this.api.history(conversation, {
        limit: 200,
        ...(before !== undefined && { before }),
      });
      items.unshift(...page.items);
      before = page.items[0]?.seq;
      if (!page.hasOlder) return items.map(plain);
    }
  }
}

function plain(message: Message): object {
  const { seq, author, body, editedAt, deletedAt, pinned } = message;
  const reactions = message.reactions
    .map((r) => `${r.emoji} ${[...r.accounts].sort().join(' ')}`)
    .sort();
  return { seq, author, body, editedAt, deletedAt, reactions, pinned };
}

/** first, first + 1 … last. */
export const seqsFrom = (first: number, last: number): Seq[] =>
  Array.from({ length: last - first + 1 }, (_, i) => (first + i) as Seq);
