import 'fake-indexeddb/auto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError, ParleyApi } from '@parley/client';
import {
  type ConversationId,
  type Seq,
  streamOfAccount,
  streamOfConversation,
} from '@parley/protocol';

import { examine } from '@parley/server/doctor';

import pg from 'pg';
import { Actor } from './actor.ts';
import { check } from './checker.ts';
import { databaseOfNode, type RunDatabase, startDatabase } from './database.ts';
import { SmallDisk } from './disk.ts';
import type { FaultName } from './fault-names.ts';
import { beginFault, type FaultContext } from './faults.ts';
import { choicesIn, readEvents, readMessages } from './final-reads.ts';
import { inviteGuest, subjectsOf } from './guest-accounts.ts';
import type { HistoryRecord } from './history.ts';
import { Hold } from './holds.ts';
import { NodeProcess } from './node-process.ts';
import { type Plan, type Step, usernameOf } from './plan.ts';
import { findPlantedFault } from './planted-faults.ts';
import { FaultProxy } from './proxy.ts';
import { Random } from './random.ts';
import { Recorder } from './recorder.ts';
import { startRedis, whyNoRedis } from './redis.ts';
import { RedisProxy } from './redis-proxy.ts';
import type { Conversation, Stage } from './stage.ts';
import type { Violation } from './violation.ts';

/** The result of a run. */
export interface RunResult {
  readonly violations: readonly Violation[];
  readonly records: readonly HistoryRecord[];
  readonly figures: RunFigures;
}

/** The figures of a run, for the report. */
export interface RunFigures {
  readonly commands: number;
  readonly acked: number;
  readonly refused: number;
  /** Events that clients applied. */
  readonly delivered: number;
  /** Sessions that ended while their clients ran. */
  readonly ended: number;
  /** Faults that happened, by name. */
  readonly faults: Readonly<Record<string, number>>;
  /** Faults that were impossible here, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  /** The longest time until all clients had everything after a round, ms. */
  readonly longestQuietMs: number;
  /** The most bytes that waited for readers on one node. */
  readonly mostBuffered: number;
  /** The most resident memory of one node, bytes. */
  readonly mostMemory: number;
  readonly seconds: number;
}

const PASSWORD = 'a password of the chaos run';
/** Clients load the threads that they follow within this time after an event, ms. */
const THREADS_MS = 2_000;
/** How often the clients are checked after a round, ms. */
const LOOK_MS = 100;
/** Megabytes of the small file system for the fault disk-full. */
const DISK_MB = 400;
/** Clients that disconnect return after at most this time, ms. */
const AWAY_MS = 2_500;
/** Bytes per second that slow readers read. */
const SLOW_BYTES = 100_000;
/** An hour: blind repetitions are sent this much later, by the servers’ clocks. */
const LATER_MS = 3_600_000;

/**
 * Carries out a plan in the folder `dir`, which holds data, logs and the history, and checks it.
 *
 * @throws when the run itself is impossible (for instance, a server that does not start)
 */
export async function run(
  plan: Plan,
  dir: string,
  tell: (line: string) => void = () => undefined,
): Promise<RunResult> {
  mkdirSync(dir, { recursive: true });
  const recorder = new Recorder(join(dir, 'history.ndjson'));
  const chaosRun = new ChaosRun(plan, dir, recorder, tell);
  try {
    await chaosRun.build();
    for (const index of plan.rounds.keys()) await chaosRun.round(index);
    await chaosRun.finish();
  } finally {
    await chaosRun.close();
    await recorder.close();
  }
  const { records } = recorder;
  return {
    violations: check(records, plan.options),
    records,
    figures: figuresOf(records, chaosRun.skipped, recorder.now / 1000),
  };
}

class ChaosRun {
  readonly skipped: Partial<Record<FaultName, string>> = {};
  readonly #plan: Plan;
  readonly #dir: string;
  readonly #recorder: Recorder;
  readonly #tell: (line: string) => void;
  readonly #nodes: NodeProcess[] = [];
  readonly #actors: Actor[] = [];
  readonly #conversations: Conversation[] = [];
  readonly #founders: ParleyApi[] = [];
  #disk: SmallDisk | string = 'no fault needs one';
  #redis: FaultContext['redis'] = 'there is only one node';
  #database: RunDatabase | null = null;
  #hold: Hold | null = null;
  #sampler: NodeJS.Timeout | null = null;

  constructor(plan: Plan, dir: string, recorder: Recorder, tell: (line: string) => void) {
    this.#plan = plan;
    this.#dir = dir;
    this.#recorder = recorder;
    this.#tell = tell;
  }

  // ---- set-up ------------------------------------------------------------------------------------

  async build(): Promise<void> {
    const { options } = this.#plan;
    const planted = findPlantedFault(options.planted);
    let dataDir = this.#dir;
    if (options.faults.includes('disk-full')) {
      this.#disk = SmallDisk.mount(join(this.#dir, 'disk'), DISK_MB);
      if (typeof this.#disk !== 'string') dataDir = this.#disk.path;
    }
    const database = options.nodes > 1 ? await startDatabase(join(dataDir, 'database')) : null;
    this.#database = database;
    const redisUrl = options.nodes > 1 ? await this.#startRedis() : null;
    for (let n = 0; n < options.nodes; n++) {
      this.#nodes.push(
        new NodeProcess({
          name: `node${n + 1}`,
          dir: dataDir,
          logDir: this.#dir,
          env: {
            ...(database?.url && { DATABASE_URL: database.url }),
            ...(redisUrl && { REDIS_URL: redisUrl }),
          },
          planted: planted?.edits ? options.planted : undefined,
          onDeath: (how) => this.#died(`node${n + 1}`, how),
        }),
      );
    }
    await Promise.all(this.#nodes.map((node) => node.start()));
    this.#database ??= databaseOfNode((this.#nodes[0] as NodeProcess).dataDir);
    if (planted?.sql) await this.#database.query(planted.sql);
    await this.#populate();
    this.#sampler = setInterval(() => void this.#sample(), 500);
  }

  /** Without Redis the nodes find each other’s events through the database. */
  async #startRedis(): Promise<string | null> {
    const why = this.#plan.options.redis ? whyNoRedis() : 'Redis is off in this run';
    if (why !== null) {
      this.#redis = why;
      return null;
    }
    const server = await startRedis();
    const proxy = new RedisProxy(server.port);
    this.#redis = { server, proxy };
    return proxy.listen();
  }

  async #populate(): Promise<void> {
    const { accounts, conversations, clients } = this.#plan;
    const { url } = this.#nodes[0] as NodeProcess;
    const insiders = accounts - this.#plan.options.guests;
    const register = async (n: number) => {
      const api = new ParleyApi({ url });
      const me = await api.register({
        username: usernameOf(n),
        displayName: `Person ${n}`,
        email: `p${n}@chaos.example`,
        password: PASSWORD,
      });
      return { api, account: me.id };
    };
    // The first account is alone at first: founder of the group of everyone, it sees all others join.
    const users = [
      await register(0),
      ...(await inParallel(4, insiders - 1, (n) => register(n + 1))),
    ];
    for (const [n, { kind, members }] of conversations.entries()) {
      // Guests are invited to groups that exist.
      const [founder, ...others] = members.flatMap((m) => users[m] ?? []);
      if (!founder) throw new Error('A conversation without members');
      const { api } = founder;
      if (kind === 'direct') {
        const other = others[0] as typeof founder;
        const { id, joinedSeq } = await api.openDirect(other.account);
        // One of the two joined first in the log, and has seen all of it.
        const first = (await other.api.conversation(id)).joinedSeq < joinedSeq ? other : founder;
        this.#founders.push(first.api);
        this.#conversations.push({ id, kind, founder: users.indexOf(first) });
        continue;
      }
      const name = `group ${n}`;
      const conversation =
        kind === 'everyone'
          ? (await api.conversations()).find((c) => c.kind === 'group' && c.joinedSeq <= 2)
          : await api.createGroup({
              name,
              visibility: 'public',
              members: others.map((o) => o.account),
            });
      if (!conversation) throw new Error('There is no group of everyone');
      this.#founders.push(api);
      this.#conversations.push({ id: conversation.id, kind, founder: users.indexOf(founder) });
    }
    const owner = users[0] as (typeof users)[0];
    for (let n = insiders; n < accounts; n++) {
      const groups = this.#conversations.flatMap(({ id }, c) =>
        conversations[c]?.members.includes(n) ? id : [],
      );
      const account = await inviteGuest(owner.api, { n, groups, password: PASSWORD });
      users.push({ api: owner.api, account });
    }
    const ids = users.map((p) => p.account);
    const [everyone, first] = this.#conversations.filter(({ kind }) => kind !== 'direct');
    const held = [everyone, first].flatMap((conversation) => conversation?.id ?? []);
    this.#hold = await Hold.place(owner.api, held);
    const stage: Stage = {
      recorder: this.#recorder,
      conversations: this.#conversations,
      accounts: ids,
      subjects: subjectsOf(ids, this.#conversations),
      nodes: () => this.#nodes.filter((node) => node.running).map((node) => node.url),
      planted: this.#plan.options.planted,
    };
    for (const [n, client] of clients.entries()) {
      const { account } = users[client.account] as (typeof users)[0];
      const credentials = { account, username: usernameOf(client.account), password: PASSWORD };
      const proxy = new FaultProxy((this.#nodes[client.node] as NodeProcess).port);
      const port = await proxy.listen();
      const random = new Random(this.#plan.options.seed).fork(n + 7);
      this.#actors.push(new Actor(client, credentials, proxy, port, stage, random));
    }
    await inParallel(4, clients.length, (n) => (this.#actors[n] as Actor).login());
    await Promise.all(this.#actors.map((actor) => actor.wake()));
  }

  // ---- a round -----------------------------------------------------------------------------------

  async round(index: number): Promise<void> {
    const { steps, faults } = this.#plan.rounds[index] as Plan['rounds'][number];
    const { roundMs } = this.#plan.options;
    const slow = this.#actors.filter((a) => a.plan.style === 'slow');
    for (const { proxy } of slow) proxy.settle({ downBytesPerSecond: SLOW_BYTES });
    const ends: Promise<void>[] = [];
    const startedAt = performance.now();
    const until = async (at: number) => {
      const wait = at - (performance.now() - startedAt);
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    };
    const doFaults = async () => {
      for (const fault of faults) {
        await until(fault.at);
        ends.push(
          this.#fault(fault.name, fault.lasts, new Random(Math.floor(fault.pick * 2 ** 32))),
        );
      }
    };
    const doSteps = async () => {
      for (const step of steps) {
        await until(step.at);
        const actor = this.#actors[step.client] as Actor;
        if (step.op === 'away') ends.push(this.#away(actor, step));
        else actor.do(step);
      }
    };
    await Promise.all([doFaults(), doSteps()]);
    await until(roundMs);
    // An hour later all tokens have expired and all sockets have closed: not for a clean run.
    if (this.#plan.options.mode !== 'clean') this.#repeatLater();
    await Promise.all(ends);
    for (const { proxy } of slow) proxy.settle({});
    await this.#heal();
    await this.#quiet(index);
  }

  async #fault(name: FaultName, lasts: number, random: Random): Promise<void> {
    const context: FaultContext = {
      nodes: this.#nodes,
      database: this.#database as RunDatabase,
      actors: this.#actors,
      disk: this.#disk,
      redis: this.#redis,
      faults: this.#plan.options.faults,
      complain: (what) => this.#died('a node', what),
    };
    const end = await beginFault(name, context, random);
    const t = this.#recorder.now;
    if (typeof end === 'string') {
      this.skipped[name] = end;
      this.#recorder.add({ kind: 'fault', name, phase: 'skipped', detail: end, t });
      return;
    }
    this.#recorder.add({ kind: 'fault', name, phase: 'begin', t });
    await new Promise((resolve) => setTimeout(resolve, lasts));
    try {
      await end();
    } catch (error) {
      // A node that could not start because of another fault; `heal` starts it again.
      this.#tell(`  ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#recorder.add({ kind: 'fault', name, phase: 'end', t: this.#recorder.now });
  }

  async #away(actor: Actor, { pick }: Step): Promise<void> {
    if (actor.plan.style === 'crasher') await actor.crash();
    else if (actor.plan.style === 'forgetful') await actor.forget();
    else await actor.sleep();
    await new Promise((resolve) => setTimeout(resolve, pick * AWAY_MS));
    await actor.wake();
  }

  /** Repeats old commands an hour later, by the servers’ clocks. */
  #repeatLater(): void {
    for (const node of this.#nodes) node.setClock(LATER_MS);
    for (const actor of this.#actors) actor.requests.repeatPast();
  }

  /** Ends the effects of all faults: nodes run, clients are connected. */
  async #heal(): Promise<void> {
    for (const node of this.#nodes) {
      node.thaw();
      for (let tries = 1; !node.running || tries === 1; tries++) {
        try {
          await node.start();
          break;
        } catch (error) {
          if (tries === 3) throw error;
        }
      }
    }
    await Promise.all(this.#actors.map((actor) => actor.wake()));
    await Promise.all(this.#actors.map((actor) => actor.requests.done()));
    for (const node of this.#nodes) node.setClock(0);
  }

  /** Waits until every client has everything, up to the deadline. */
  async #quiet(round: number): Promise<void> {
    const { deadlineMs } = this.#plan.options;
    const startedAt = performance.now();
    let missing: string[] = [];
    for (;;) {
      // Heads may be read only when they no longer change: when no client waits for an answer.
      missing = this.#actors.map((a) => a.busy()).filter((m) => m !== null);
      const heads = missing.length === 0 ? await this.#heads() : null;
      if (heads) missing = this.#actors.map((a) => a.missing(heads)).filter((m) => m !== null);
      const ms = Math.round(performance.now() - startedAt);
      if ((heads && missing.length === 0) || ms > deadlineMs) {
        if (!heads && missing.length === 0) missing = ['the heads could not be read'];
        this.#recorder.add({ kind: 'quiet', round, ms, missing, t: this.#recorder.now });
        this.#tell(
          `  round ${round + 1}: ${missing.length === 0 ? `all clients are complete after ${ms} ms` : `${missing.length} clients lack something`}`,
        );
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Returns the heads of the conversations as their founders get them; null when no node answers. */
  async #heads(): Promise<Map<ConversationId, Seq> | null> {
    try {
      const heads = new Map<ConversationId, Seq>();
      for (const api of new Set(this.#founders)) {
        for (const { id, lastSeq } of await api.conversations()) heads.set(id, lastSeq);
      }
      return heads;
    } catch (error) {
      if (error instanceof ApiError) return null;
      throw error;
    }
  }

  // ---- the end -----------------------------------------------------------------------------------

  async finish(): Promise<void> {
    await this.#sample();
    // Threads are loaded over REST when an event shows that they must be.
    await new Promise((resolve) => setTimeout(resolve, THREADS_MS));
    for (const actor of this.#actors) await actor.finish();
    this.#repeatLater();
    await Promise.all(this.#actors.map((actor) => actor.requests.done()));
    for (const node of this.#nodes) node.setClock(0);
    for (const [n, { id }] of this.#conversations.entries()) {
      await this.#readLog(this.#founders[n] as ParleyApi, id);
    }
    for (const record of (await this.#hold?.finish()) ?? []) this.#recorder.add(record);
    await this.#readFollows();
    await this.#consultDoctor();
  }

  async #readLog(api: ParleyApi, id: ConversationId): Promise<void> {
    const stream = streamOfConversation(id);
    const { joinedSeq } = await api.conversation(id);
    const events = await readEvents(api, stream, (joinedSeq - 1) as Seq);
    this.#recorder.add({ kind: 'log', stream, first: joinedSeq, events });
    const messages = await readMessages(api, id, events);
    this.#recorder.add({ kind: 'messages', stream, messages });
  }

  /** Reads which threads each account has chosen to follow. */
  async #readFollows(): Promise<void> {
    const apis = new Map(this.#actors.map((actor) => [actor.account, actor.api]));
    for (const [account, api] of apis) {
      const events = await readEvents(api, streamOfAccount(account), 0 as Seq);
      this.#recorder.add({ kind: 'follows', account, choices: choicesIn(events) });
    }
  }

  async #consultDoctor(): Promise<void> {
    const pool = new pg.Pool({ ...(this.#database as RunDatabase).connection, max: 2 });
    try {
      const findings = await examine(pool);
      this.#recorder.add({
        kind: 'doctor',
        findings: findings.map((f) => `${f.description} (${f.table}, ${f.count} times)`),
      });
    } finally {
      await pool.end();
    }
  }

  async close(): Promise<void> {
    if (this.#sampler) clearInterval(this.#sampler);
    for (const actor of this.#actors) {
      await actor.crash();
      await actor.proxy.close();
    }
    for (const node of this.#nodes) {
      node.thaw();
      await node.kill();
    }
    if (typeof this.#redis !== 'string') {
      this.#redis.server.thaw();
      await this.#redis.proxy.close();
      await this.#redis.server.stop();
    }
    if (typeof this.#disk !== 'string') this.#disk.clear();
    await this.#database?.stop();
    if (typeof this.#disk !== 'string') this.#disk.unmount();
  }

  async #sample(): Promise<void> {
    for (const node of this.#nodes) {
      const figures = await node.figures();
      if (!figures) continue;
      const { fills, repairs, stalled, buffered, rss } = figures;
      const t = this.#recorder.now;
      this.#recorder.add({
        kind: 'node',
        node: node.name,
        fills,
        repairs,
        stalled,
        buffered,
        rss,
        t,
      });
    }
  }

  #died(node: string, how: string): void {
    this.#recorder.add({ kind: 'died', node, how, t: this.#recorder.now });
  }
}

/** Runs `count` tasks, `width` at a time; returns their results in order. */
async function inParallel<T>(
  width: number,
  count: number,
  work: (n: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = new Array(count);
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < count; n = next++) results[n] = await work(n);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

function figuresOf(
  records: readonly HistoryRecord[],
  skipped: RunFigures['skipped'],
  seconds: number,
): RunFigures {
  const count = (kind: HistoryRecord['kind']) => records.filter((r) => r.kind === kind).length;
  const faults: Record<string, number> = {};
  let longestQuietMs = 0;
  let mostBuffered = 0;
  let mostMemory = 0;
  for (const record of records) {
    if (record.kind === 'fault' && record.phase === 'begin') {
      faults[record.name] = (faults[record.name] ?? 0) + 1;
    }
    if (record.kind === 'node') {
      mostBuffered = Math.max(mostBuffered, record.buffered);
      mostMemory = Math.max(mostMemory, record.rss);
    }
    if (record.kind === 'quiet') longestQuietMs = Math.max(longestQuietMs, record.ms);
  }
  return {
    commands: count('invoke'),
    acked: count('ack'),
    refused: count('nack'),
    delivered: count('event'),
    ended: count('ended'),
    faults,
    skipped,
    longestQuietMs,
    mostBuffered,
    mostMemory,
    seconds,
  };
}
