import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CLOSE } from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Browser, Queues, TabClient, TabsServer } from '../../test/support/model-tabs.ts';
import { SharedSockets, TAB_FORMAT } from './shared-sockets.ts';
import type { SocketHandlers } from './socket.ts';
import type { TabMessage } from './tab-channel.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** The possible steps, with their frequencies. */
const STEPS = {
  deliver: 30,
  send: 8,
  other: 4,
  time: 6,
  open: 2,
  close: 1,
  freeze: 1,
  thaw: 2,
  cut: 1,
  lose: 1,
  nudge: 2,
};
type Step = keyof typeof STEPS;
const NAMES = Object.entries(STEPS).flatMap(([name, n]) => Array<Step>(n).fill(name as Step));

/** The tabs of a browser, a server, and the messages in flight between them. */
class World {
  readonly queues = new Queues();
  readonly server = new TabsServer(this.queues);
  readonly browser = new Browser(this.queues);
  readonly tabs: TabClient[] = [];
  readonly gone: TabClient[] = [];
  readonly frozen = new Set<string>();
  readonly #Sockets: typeof SharedSockets;
  readonly #sockets = new Map<string, SharedSockets>();
  #posted = 0;

  constructor(Sockets: typeof SharedSockets = SharedSockets) {
    this.#Sockets = Sockets;
  }

  open(): TabClient {
    const tab = `tab${this.tabs.length + this.gone.length + 1}`;
    const sockets = new this.#Sockets({
      tab,
      socket: this.server.socketOf(tab),
      join: this.browser.channelOf(tab),
    });
    // What the tabs of one browser have stored is shared.
    this.#sockets.set(tab, sockets);
    const client = new TabClient(tab, sockets, Math.max(0, ...this.tabs.map((t) => t.cursor)));
    this.tabs.push(client);
    return client;
  }

  /** Returns what opens the sockets of a tab. */
  sockets({ tab }: TabClient): SharedSockets {
    return this.#sockets.get(tab) as SharedSockets;
  }

  async step(name: Step, n: number): Promise<void> {
    const tab = this.tabs[n % Math.max(1, this.tabs.length)];
    const isAwake = tab && !this.frozen.has(tab.tab);
    if (name === 'deliver') this.deliver(n);
    else if (name === 'send') isAwake && tab.post();
    else if (name === 'other') this.server.post(`other-${++this.#posted}`);
    else if (name === 'time') await vi.advanceTimersByTimeAsync([50, 500, 3_000][n % 3] ?? 0);
    else if (name === 'open' && this.tabs.length < 4) this.open();
    else if (name === 'close' && this.tabs.length > 1 && tab) this.close(tab);
    else if (name === 'freeze' && tab && this.frozen.size + 1 < this.tabs.length)
      this.frozen.add(tab.tab);
    else if (name === 'thaw') this.frozen.delete(tab?.tab ?? '');
    else if (name === 'cut') this.server.cut(n);
    else if (name === 'lose') this.server.lose(n);
    else if (name === 'nudge' && isAwake) tab.nudge();
  }

  deliver(n: number): boolean {
    return this.queues.deliver(n, (queue) => this.frozen.has(queue.split('/')[0] ?? ''));
  }

  close(client: TabClient): void {
    client.isGone = true;
    this.tabs.splice(this.tabs.indexOf(client), 1);
    this.gone.push(client);
    this.frozen.delete(client.tab);
    this.server.gone(client.tab);
    this.queues.drop(`${client.tab}/`);
    this.browser.gone(client.tab);
  }

  /** Delivers everything. */
  async settle(): Promise<void> {
    this.frozen.clear();
    for (let i = 0; i < 120; i++) {
      // Users look at their tabs, so each connection must show that it works; repeated if a loss is
      // noticed that way.
      if (i === 0 || (this.server.hasLost && i % 20 === 0))
        for (const tab of this.tabs) tab.nudge();
      while (this.deliver(i)) {
        // Until nothing is in flight.
      }
      await vi.advanceTimersByTimeAsync(500);
    }
  }

  /** Returns the violations after everything has arrived. */
  faults(): string[] {
    const faults = [...this.tabs, ...this.gone].flatMap((tab) => tab.gaps);
    const { log } = this.server;
    if (new Set(log.map(({ id }) => id)).size !== log.length)
      faults.push('something is stored twice');
    for (const tab of [...this.tabs, ...this.gone]) {
      const stored = log.filter((entry) => entry.tab === tab.tab).map(({ id }) => id);
      const isStarted = tab.sent.slice(0, stored.length).join() === stored.join();
      if (!isStarted) faults.push(`${tab.tab} sent ${tab.sent.join()}, stored: ${stored.join()}`);
      if (tab.isGone) continue;
      if (stored.length !== tab.sent.length || !tab.isDone) faults.push(`${tab.tab} is not done`);
      if (tab.cursor !== log.length) faults.push(`${tab.tab} is at ${tab.cursor} of ${log.length}`);
    }
    if (this.server.open !== 1) faults.push(`${this.server.open} connections`);
    return faults;
  }
}

const plans = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.nat(1_000)), {
  minLength: 20,
  maxLength: 150,
});

const follows = (Sockets?: typeof SharedSockets) =>
  fc.asyncProperty(plans, async (plan) => {
    vi.clearAllTimers();
    const world = new World(Sockets);
    world.open();
    world.open();
    for (const [name, n] of plan) await world.step(name, n);
    await world.settle();
    expect(world.faults()).toEqual([]);
  });

test('tabs share one connection: nothing is lost, duplicated or out of order, whichever leads', async () => {
  await fc.assert(follows(), { numRuns: 500 });
}, 60_000);

test('a tab whose leader is frozen takes its place when the user looks at it', async () => {
  const world = new World();
  const [leader, follower] = [world.open(), world.open()];
  await world.settle();
  expect(world.server.open).toBe(1);
  world.frozen.add(leader.tab);
  follower.post();
  follower.nudge();
  for (let i = 0; i < 20; i++) {
    while (world.deliver(0)) {
      // Until nothing is in flight.
    }
    await vi.advanceTimersByTimeAsync(500);
  }
  expect(follower.isDone).toBe(true);
  expect(world.server.log).toHaveLength(1);
  await world.settle();
  expect(world.faults()).toEqual([]);
});

/** Lets what is on its way arrive, for so many ms. */
async function pass(world: World, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    while (world.deliver(0)) {
      // Until nothing is in flight.
    }
    await vi.advanceTimersByTimeAsync(250);
  }
}

test('a tab notices within seconds that the network of its leader is lost', async () => {
  const world = new World();
  const [, follower] = [world.open(), world.open()];
  await world.settle();
  expect(world.server.open).toBe(1);
  world.server.lose(0);
  world.server.post('other-1');
  follower.nudge();
  await pass(world, 6_000);
  expect(follower.cursor).toBe(1);
});

test('a tab soon stops following a leader whose network is lost', async () => {
  const world = new World();
  world.open();
  await world.settle();
  world.server.lose(0);
  const follower = world.open();
  await pass(world, 1_000);
  world.server.post('other-1');
  // No tab is visible.
  await pass(world, 6_000);
  expect(follower.cursor).toBe(1);
});

test('a leader that is about to be frozen hands over leadership', async () => {
  const world = new World();
  const [leader, follower] = [world.open(), world.open()];
  await world.settle();
  world.sockets(leader).freezing();
  while (world.deliver(0)) {
    // Until nothing is in flight.
  }
  world.frozen.add(leader.tab);
  world.server.post('other-1');
  await pass(world, 1_000);
  expect(follower.cursor).toBe(1);
  await world.settle();
  expect(world.faults()).toEqual([]);
});

test('the end of the session of the leader does not end that of another tab', async () => {
  const world = new World();
  const [leader, follower] = [world.open(), world.open()];
  await world.settle();
  world.server.end(0, CLOSE.sessionEnded);
  await pass(world, 1_000);
  expect(leader.closes).toContain(CLOSE.sessionEnded);
  expect(follower.closes).not.toContain(CLOSE.sessionEnded);
  await world.settle();
  expect(world.faults()).toEqual([]);
});

test('busy tabs together send no more than one connection may', async () => {
  const world = new World();
  const tabs = [world.open(), world.open(), world.open()];
  await world.settle();
  for (const tab of tabs) for (let n = 0; n < 24; n++) tab.post();
  await pass(world, 40_000);
  expect(world.server.overLimit).toBe(0);
  await world.settle();
  expect(world.faults()).toEqual([]);
});

test('a tab whose client stopped while offline no longer leads', async () => {
  const world = new World();
  const [leader, follower] = [world.open(), world.open()];
  await world.settle();
  // The page stays open: the lock is not free by itself.
  leader.isGone = true;
  world.gone.push(...world.tabs.splice(0, 1));
  world.server.cut(0);
  for (let i = 0; i < 4; i++) await world.settle();
  follower.post();
  const another = world.open();
  await world.settle();
  expect([follower.isDone, another.isDone, world.server.open]).toEqual([true, true, 1]);
});

/** A tab whose server and whose other tabs are the test. */
function aTab(isLeader: boolean) {
  const sent: string[] = [];
  const posted: TabMessage[] = [];
  const servers: SocketHandlers[] = [];
  let receive: (message: TabMessage) => void = () => undefined;
  const sockets = new SharedSockets({
    tab: 'own',
    socket: (_url, handlers) => {
      servers.push(handlers);
      return { send: (text) => sent.push(text), close: () => undefined };
    },
    join: (listener) => {
      receive = listener;
      return {
        post: (message) => posted.push(message),
        lead: (_steal, granted) => isLeader && granted(),
        whenClosed: () => undefined,
        close: () => undefined,
      };
    },
  });
  const connect = () => {
    const none = () => undefined;
    const socket = sockets.open('ws://parley', { open: none, message: none, close: none });
    servers.at(-1)?.open();
    servers.at(-1)?.message('{"op":"live"}');
    return socket;
  };
  return { sockets, servers, sent, posted, connect, tell: (m: TabMessage) => receive(m) };
}

test('a frame for an earlier socket of the leader is not sent on its present one', () => {
  const { sent, tell, connect } = aTab(true);
  connect();
  tell({ kind: 'ask', from: 'other' });
  const post = (socket: string, id: string) =>
    tell({ kind: 'send', from: 'other', socket, text: `{"op":"post","id":"${id}"}` });
  post('own.0', 'late');
  post('own.1', 'present');
  expect(sent.map((text) => JSON.parse(text).id)).toEqual(['present']);
});

test('a tab that follows again after the socket was lost counts as active again', () => {
  const { servers, sent, tell, connect } = aTab(true);
  connect();
  tell({ kind: 'ask', from: 'other' });
  servers[0]?.close(1006, null);
  const socket = connect();
  tell({ kind: 'ask', from: 'other' });
  socket.send('{"op":"presence","state":"idle"}');
  expect(sent.filter((text) => text.includes('idle'))).toEqual([]);
});

test('an answer of the leader to another tab is ignored', () => {
  const { servers, posted, tell, sockets } = aTab(false);
  const none = () => undefined;
  sockets.open('ws://parley', { open: none, message: none, close: none });
  tell({ kind: 'leader', from: 'leader', to: 'another', socket: 'l.1', state: 'live' });
  expect([servers.length, posted.map(({ kind }) => kind)]).toEqual([0, ['ask']]);
  tell({ kind: 'leader', from: 'leader', to: 'own', socket: 'l.1', state: 'live' });
  expect(servers).toHaveLength(1);
});

test('a user who is active in the leading tab stays active when the other tab is idle', async () => {
  const world = new World();
  const [leader, follower] = [world.open(), world.open()];
  await world.settle();
  follower.presence('idle');
  await world.settle();
  expect(world.server.activity).toBe('active');
  leader.presence('idle');
  await world.settle();
  expect(world.server.activity).toBe('idle');
});

test('a closed tab does not keep its user active', async () => {
  const world = new World();
  const [leader, follower] = [world.open(), world.open()];
  await world.settle();
  leader.presence('idle');
  await world.settle();
  expect(world.server.activity).toBe('active');
  world.close(follower);
  await world.settle();
  expect(world.server.activity).toBe('idle');
});

/** Faults that each break one of the rules of {@link SharedSockets}. */
const FAULTS: Readonly<Record<string, readonly [find: string, replace: string]>> = {
  'the frames of the leader are kept only from the first frame of the tab’s own socket on': [
    "if (socket !== this.#follows) return;\n    if (this.#phase === 'relayed') {",
    "if (socket !== this.#follows || (this.#phase === 'direct' && !this.#isLive)) return;\n    if (this.#phase === 'relayed') {",
  ],
  'the leader is asked when the tab’s own socket is live already': [
    "if (this.#phase === 'relayed' || this.#isLive) this.#disconnect(LOST, null);",
    "if (this.#isLive && this.#own) { this.#follows = socket; this.#phase = 'draining'; this.#follow(); }",
  ],
  'the tab’s own socket is closed before everything on it is answered': [
    "if (this.#phase !== 'draining' || this.#unanswered.size > 0) return;",
    "if (this.#phase !== 'draining') return;",
  ],
  'what waits while the tab’s own socket is about to be closed is dropped if the leader is gone': [
    "this.#phase = 'direct';\n    for (const text of this.#waiting.splice(0)) this.send(text);",
    "this.#phase = 'direct';",
  ],
};

describe('the test finds that', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-fault-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(Object.entries(FAULTS))(
    '%s',
    async (name, [find, replace]) => {
      const Sockets = await planted(folder, name, find, replace);
      const result = await fc.check(follows(Sockets), { numRuns: 3_000, endOnFailure: true });
      expect(result.failed).toBe(true);
    },
    60_000,
  );
});

/** Returns the class with a part of its source replaced. */
async function planted(
  folder: string,
  name: string,
  find: string,
  replace: string,
): Promise<typeof SharedSockets> {
  const path = fileURLToPath(new URL('./shared-socket.ts', import.meta.url));
  const parts = readFileSync(path, 'utf8').split(find);
  expect(parts, `the source has “${find}” once`).toHaveLength(2);
  const here = fileURLToPath(new URL('./', import.meta.url));
  const src = fileURLToPath(new URL('../', import.meta.url));
  const protocol = fileURLToPath(new URL('../../../protocol/src/index.ts', import.meta.url));
  const write = (file: string, code: string): string => {
    const moved = code
      .replaceAll("'./", `'${here}`)
      .replaceAll("'../", `'${src}`)
      .replace("'@parley/protocol'", `'${protocol}'`);
    writeFileSync(file, moved);
    return file;
  };
  const base = join(folder, name.replaceAll(/\W/g, '-'));
  const socket = write(`${base}.ts`, parts.join(replace));
  const tabs = readFileSync(join(here, 'shared-sockets.ts'), 'utf8');
  const file = write(`${base}-tabs.ts`, tabs.replace('./shared-socket.ts', socket));
  const module = (await import(pathToFileURL(file).href)) as {
    SharedSockets: typeof SharedSockets;
  };
  return module.SharedSockets;
}

/** The digest of the messages between tabs, by version. */
const FORMATS: Readonly<Record<number, string>> = { 2: '5881fa3bd542' };

test('the messages between tabs do not change without their version', () => {
  const source = readFileSync(new URL('./tab-channel.ts', import.meta.url), 'utf8');
  const format = /export type TabMessage = [\s\S]*?\n\);/
    .exec(source)?.[0]
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ');
  const digest = createHash('sha256').update(String(format)).digest('hex').slice(0, 12);
  // If this fails: increase TAB_FORMAT, and add the new digest.
  expect(FORMATS[TAB_FORMAT]).toBe(digest);
});
