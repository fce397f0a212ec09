import { setTimeout as pause } from 'node:timers/promises';
import 'fake-indexeddb/auto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError, type ParleyApi } from '@parley/client';
import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import { check } from './checker/checker.ts';
import type { Violation } from './checker/violation.ts';
import { ClientDriver } from './clients/client-driver.ts';
import { subjectsOf } from './clients/guest-accounts.ts';
import { PASSWORD, populate } from './clients/population.ts';
import type { Conversation, RunContext } from './clients/run-context.ts';
import { beginFault, type FaultContext } from './faults.ts';
import { doctorRecord } from './history/doctor-record.ts';
import { figuresOf, type RunFigures } from './history/figures.ts';
import { followsRecord, logRecords } from './history/final-reads.ts';
import type { HistoryRecord } from './history/history.ts';
import { Hold } from './history/holds.ts';
import { Recorder } from './history/recorder.ts';
import { inParallel } from './lib/in-parallel.ts';
import { Random } from './lib/random.ts';
import type { FaultName } from './plan/fault-names.ts';
import { type Plan, type Step, usernameOf } from './plan/plan.ts';
import { findPlantedFault } from './planted-faults/planted-faults.ts';
import { databaseOfNode, type RunDatabase, startDatabase } from './processes/database.ts';
import { SmallDisk } from './processes/disk.ts';
import { NodeProcess } from './processes/node-process.ts';
import { FaultProxy } from './processes/proxy.ts';
import { startRedis, whyNoRedis } from './processes/redis.ts';
import { RedisProxy } from './processes/redis-proxy.ts';

/** The result of a run. */
export interface RunResult {
  readonly violations: readonly Violation[];
  readonly records: readonly HistoryRecord[];
  readonly figures: RunFigures;
}

/** The time in which clients load the threads that they follow after an event, ms. */
const THREADS_MS = 2_000;
/** How often the clients are checked after a round, ms. */
const CHECK_MS = 100;
/** Megabytes of the small file system for the fault disk-full. */
const DISK_MB = 400;
/** Clients that disconnect return after at most this time, ms. */
const AWAY_MS = 2_500;
/** Bytes per second that slow readers read. */
const SLOW_BYTES = 100_000;
/** How much later old commands are repeated, by the clocks of the nodes, ms. */
const LATER_MS = 3_600_000;

/** How a run is carried out. */
export interface RunOptions {
  /** Prints a line about the progress. */
  readonly print?: (line: string) => void;
  /** Puts a database into a data folder, which its first start would create otherwise. */
  readonly prepare?: (dataDir: string) => Promise<void>;
}

/**
 * Carries out a plan in the folder `dir`, which holds data, logs and the history, and checks it.
 *
 * @throws when the run itself is impossible (for instance, a server that does not start)
 */
export async function run(plan: Plan, dir: string, options: RunOptions = {}): Promise<RunResult> {
  mkdirSync(dir, { recursive: true });
  const recorder = new Recorder(join(dir, 'history.ndjson'));
  const chaosRun = new ChaosRun(plan, dir, recorder, options);
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
  readonly #print: (line: string) => void;
  readonly #prepare: (dataDir: string) => Promise<void>;
  readonly #nodes: NodeProcess[] = [];
  readonly #drivers: ClientDriver[] = [];
  #conversations: readonly Conversation[] = [];
  #founders: readonly ParleyApi[] = [];
  #disk: SmallDisk | string = 'no fault needs one';
  #redis: FaultContext['redis'] = 'there is only one node';
  #database: RunDatabase | null = null;
  #hold: Hold | null = null;
  #sampler: NodeJS.Timeout | null = null;

  constructor(plan: Plan, dir: string, recorder: Recorder, options: RunOptions) {
    this.#plan = plan;
    this.#dir = dir;
    this.#recorder = recorder;
    this.#print = options.print ?? (() => undefined);
    this.#prepare = options.prepare ?? (async () => undefined);
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
    const databaseDir = join(dataDir, 'database');
    if (options.nodes > 1) await this.#prepare(databaseDir);
    const database = options.nodes > 1 ? await startDatabase(databaseDir) : null;
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
    if (database === null) await this.#prepare(this.#firstNode.dataDir);
    await Promise.all(this.#nodes.map((node) => node.start()));
    this.#database ??= databaseOfNode(this.#firstNode.dataDir);
    if (planted?.sql) await this.#database.query(planted.sql);
    await this.#populate();
    this.#sampler = setInterval(() => void this.#sample(), 500);
  }

  get #firstNode(): NodeProcess {
    return this.#nodes[0] as NodeProcess;
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

  /** Creates accounts and conversations, and starts the clients. */
  async #populate(): Promise<void> {
    const { clients, options } = this.#plan;
    const population = await populate(this.#plan, this.#firstNode.url);
    const { accounts, conversations, founders, owner } = population;
    this.#conversations = conversations;
    this.#founders = founders;
    const [everyone, first] = conversations.filter(({ kind }) => kind !== 'direct');
    const heldConversations = [everyone, first].flatMap((conversation) => conversation?.id ?? []);
    this.#hold = await Hold.place(owner, heldConversations);
    const context: RunContext = {
      recorder: this.#recorder,
      conversations,
      accounts,
      subjects: subjectsOf(accounts, conversations),
      nodes: () => this.#nodes.filter((node) => node.running).map((node) => node.url),
      planted: options.planted,
    };
    for (const [n, client] of clients.entries()) {
      const account = accounts[client.account] as AccountId;
      const credentials = { account, username: usernameOf(client.account), password: PASSWORD };
      const proxy = new FaultProxy((this.#nodes[client.node] as NodeProcess).port);
      const port = await proxy.listen();
      const random = new Random(options.seed).fork(n + 7);
      this.#drivers.push(new ClientDriver(client, credentials, proxy, port, context, random));
    }
    await inParallel(4, clients.length, (n) => (this.#drivers[n] as ClientDriver).login());
    await Promise.all(this.#drivers.map((driver) => driver.wake()));
  }

  // ---- a round -----------------------------------------------------------------------------------

  async round(index: number): Promise<void> {
    const { steps, faults } = this.#plan.rounds[index] as Plan['rounds'][number];
    const { roundMs } = this.#plan.options;
    const slow = this.#drivers.filter((a) => a.plan.style === 'slow');
    for (const { proxy } of slow) proxy.setDefaults({ downBytesPerSecond: SLOW_BYTES });
    const ends: Promise<void>[] = [];
    const startedAt = performance.now();
    const until = async (at: number) => {
      const wait = at - (performance.now() - startedAt);
      if (wait > 0) await pause(wait);
    };
    const doFaults = async () => {
      for (const fault of faults) {
        await until(fault.at);
        ends.push(
          this.#fault(fault.name, fault.durationMs, new Random(Math.floor(fault.pick * 2 ** 32))),
        );
      }
    };
    const doSteps = async () => {
      for (const step of steps) {
        await until(step.at);
        const driver = this.#drivers[step.client] as ClientDriver;
        if (step.op === 'away') ends.push(this.#away(driver, step));
        else driver.do(step);
      }
    };
    await Promise.all([doFaults(), doSteps()]);
    await until(roundMs);
    // An hour later all tokens have expired and all sockets have closed: not for a clean run.
    if (this.#plan.options.mode !== 'clean') this.#repeatLater();
    await Promise.all(ends);
    for (const { proxy } of slow) proxy.setDefaults({});
    await this.#heal();
    await this.#quiet(index);
  }

  async #fault(name: FaultName, durationMs: number, random: Random): Promise<void> {
    const context: FaultContext = {
      nodes: this.#nodes,
      database: this.#database as RunDatabase,
      drivers: this.#drivers,
      disk: this.#disk,
      redis: this.#redis,
      faults: this.#plan.options.faults,
      reportFailure: (what) => this.#died('a node', what),
    };
    const end = await beginFault(name, context, random);
    const t = this.#recorder.now;
    if (typeof end === 'string') {
      this.skipped[name] = end;
      this.#recorder.add({ kind: 'fault', name, phase: 'skipped', detail: end, t });
      return;
    }
    this.#recorder.add({ kind: 'fault', name, phase: 'begin', t });
    await pause(durationMs);
    try {
      await end();
    } catch (error) {
      // A node that could not start because of another fault; `heal` starts it again.
      this.#print(`  ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#recorder.add({ kind: 'fault', name, phase: 'end', t: this.#recorder.now });
  }

  async #away(driver: ClientDriver, { pick }: Step): Promise<void> {
    if (driver.plan.style === 'crasher') await driver.crash();
    else if (driver.plan.style === 'forgetful') await driver.forget();
    else await driver.sleep();
    await pause(pick * AWAY_MS);
    await driver.wake();
  }

  /** Repeats old commands an hour later, by the clocks of the nodes. */
  #repeatLater(): void {
    for (const node of this.#nodes) node.setClock(LATER_MS);
    for (const driver of this.#drivers) driver.requests.repeatPast();
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
    await Promise.all(this.#drivers.map((driver) => driver.wake()));
    await Promise.all(this.#drivers.map((driver) => driver.requests.done()));
    for (const node of this.#nodes) node.setClock(0);
  }

  /** Waits until every client has everything, up to the deadline. */
  async #quiet(round: number): Promise<void> {
    const { deadlineMs } = this.#plan.options;
    const startedAt = performance.now();
    let missing: string[] = [];
    for (;;) {
      // Heads may be read only when they no longer change: when no client waits for an answer.
      missing = this.#drivers.map((a) => a.busy()).filter((m) => m !== null);
      const heads = missing.length === 0 ? await this.#heads() : null;
      if (heads) missing = this.#drivers.map((a) => a.missing(heads)).filter((m) => m !== null);
      const ms = Math.round(performance.now() - startedAt);
      if ((heads && missing.length === 0) || ms > deadlineMs) {
        if (!heads && missing.length === 0) missing = ['the heads could not be read'];
        this.#recorder.add({ kind: 'quiet', round, ms, missing, t: this.#recorder.now });
        this.#print(
          `  round ${round + 1}: ${missing.length === 0 ? `all clients are complete after ${ms} ms` : `${missing.length} clients lack something`}`,
        );
        return;
      }
      await pause(CHECK_MS);
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
    // Threads are loaded over REST when an event shows that they must be.
    await pause(THREADS_MS);
    await this.#sample();
    for (const driver of this.#drivers) await driver.finish();
    this.#repeatLater();
    await Promise.all(this.#drivers.map((driver) => driver.requests.done()));
    for (const node of this.#nodes) node.setClock(0);
    for (const [n, { id }] of this.#conversations.entries()) {
      const records = await logRecords(this.#founders[n] as ParleyApi, id);
      for (const record of records) this.#recorder.add(record);
    }
    for (const record of (await this.#hold?.finish()) ?? []) this.#recorder.add(record);
    const apis = new Map(this.#drivers.map((driver) => [driver.account, driver.api]));
    for (const [account, api] of apis) this.#recorder.add(await followsRecord(api, account));
    this.#recorder.add(await doctorRecord(this.#database as RunDatabase));
  }

  async close(): Promise<void> {
    if (this.#sampler) clearInterval(this.#sampler);
    for (const driver of this.#drivers) {
      await driver.crash();
      await driver.proxy.close();
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
      const { fills, late, repairs, stalled, buffered, rss } = figures;
      const t = this.#recorder.now;
      this.#recorder.add({
        kind: 'node',
        node: node.name,
        fills,
        late,
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
