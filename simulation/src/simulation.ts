import type { HistoryRecord } from '@parley/chaos/history/history';
import { Random } from '@parley/chaos/lib/random';
import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type Limits,
  SYSTEM,
  type UserGroupId,
} from '@parley/protocol';
import type { StoredEvent } from '@parley/server/internal/stream/record';
import { SimulatedBrowser } from './client/browser.ts';
import { ClientDriver } from './client/client-driver.ts';
import type { RunContext } from './client/run-context.ts';
import { isOfDatabase, RunDatabase } from './database/run-database.ts';
import type { EventLoop } from './event-loop/event-loop.ts';
import { STARTED_AT } from './event-loop/globals.ts';
import { Process } from './event-loop/process.ts';
import { type End, FAULTS, type FaultContext } from './faults.ts';
import { FinalReads } from './history/final-reads.ts';
import { History } from './history/history.ts';
import { Network } from './network/network.ts';
import { BrokerBus } from './node/broker.ts';
import { logTo } from './node/log.ts';
import { NO_METRICS } from './node/metrics.ts';
import { SimulatedNode } from './node/node.ts';
import { NodeSlot } from './node/slot.ts';
import type { FaultPlan, Plan, Step } from './plan/plan.ts';
import { accountsOf, createGroups, rolesOf } from './set-up.ts';

/** What a run does besides its plan. */
export interface RunOptions {
  /** Called with what happens, for a trace. */
  readonly trace?: ((at: number, who: string, what: string) => void) | undefined;
  /** Clients store the cursor before the data, as a planted fault. */
  readonly cursorFirst?: boolean | undefined;
}

/** Limits that detect dead connections sooner than those of the product. */
const LIMITS_OF_RUNS = { pingMs: 1_000, silenceMs: 4_000, stalledMs: 5_000, commands: 0 };
/** How long the set-up may take, simulated ms. */
const SETUP_MS = 5_000;
/** After the last command and fault every client has everything within this time, simulated ms. */
export const CONVERGENCE_MS = 40_000;
/**
 * Threads are loaded over REST when an event shows that they must be, even after a lost request: within this time
 * after everything else has arrived, simulated ms.
 */
const THREADS_MS = 5_000;
/** The interval at which clients are checked in the meantime, ms. */
const CHECK_MS = 200;
const DAY_MS = 86_400_000;
/** How long deletions of expired messages may be deferred behind one that has failed, simulated ms. */
const DEFERRED_MS = 6_000;
/** Commands are repeated this much later by the clocks of the nodes, ms. */
const LATER_MS = 3_600_000;

/** A record without its time. */
type Untimed<R> = R extends { readonly t: number } ? Omit<R, 't'> : never;

/** Carries out a plan in an event loop. */
export class Simulation {
  readonly history: History;
  readonly #plan: Plan;
  readonly #loop: EventLoop;
  readonly #options: RunOptions;
  /** What carries out the plan. */
  readonly #runner = new Process('runner');
  readonly #database: RunDatabase;
  readonly #network: Network;
  readonly #bus: BrokerBus;
  readonly #slots: NodeSlot[] = [];
  readonly #drivers: ClientDriver[] = [];
  readonly #accounts: AccountId[];
  #conversations: readonly ConversationId[] = [];
  #userGroup: UserGroupId | null = null;
  /** Whether the release of the legal hold was acknowledged. */
  #isHoldReleased = false;
  #isRestored = false;
  /** What ends the faults in progress. */
  readonly #ends = new Map<FaultPlan, End>();

  constructor(plan: Plan, loop: EventLoop, options: RunOptions) {
    this.#plan = plan;
    this.#loop = loop;
    this.#options = options;
    this.history = new History(() => loop.now);
    const { conditions } = plan;
    const random = new Random(plan.seed).fork(100);
    this.#accounts = accountsOf(plan);
    this.#database = new RunDatabase(loop, random.fork(3), rolesOf(plan, this.#accounts), [
      conditions.commit.min,
      conditions.commit.max,
    ]);
    const onFrame =
      options.trace &&
      ((to: Process, from: Process, text: string) => this.#traceFrame(to.name, from.name, text));
    this.#network = new Network(loop, random.fork(1), { ...conditions, onFrame }, () =>
      this.#slots.flatMap(({ node }) => node ?? []),
    );
    const { min, max } = conditions.broker;
    this.#bus = new BrokerBus(loop, random.fork(2), { loss: 0, duplication: 0, min, max });
    for (let n = 1; n <= plan.nodes; n++) this.#slots.push(this.#slotOf(`n${n}`));
  }

  /** Records an error that nothing caught. */
  uncaught(error: unknown): void {
    const how = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#record({ kind: 'died', node: 'a process', how });
  }

  async run(): Promise<void> {
    const { retention, hasHold } = this.#plan;
    // Until a day passes, it is the day before.
    if (retention) for (const slot of this.#slots) slot.setDay(retention.keepMs - DAY_MS);
    for (const slot of this.#slots) slot.start();
    await this.#within(SETUP_MS, () => this.#setUp());
    this.#database.backUp();
    this.#startClients();
    this.#planSearches();
    await this.#idle(this.#planSteps());
    this.#heal();
    const missing = await this.#converge();
    await this.#within(CONVERGENCE_MS, () => this.#finish(missing.length === 0));
    const reads = this.#finalReads();
    const roots = reads.logs();
    await this.#within(CONVERGENCE_MS, () => reads.messages(roots));
    if (hasHold) await this.#within(CONVERGENCE_MS, () => reads.hold());
  }

  /** Adds a record of this moment. */
  #record(record: Untimed<HistoryRecord>): void {
    this.history.add({ ...record, t: this.history.now } as HistoryRecord);
  }

  // ---- set-up -------------------------------------------------------------------------------------

  #slotOf(name: string): NodeSlot {
    const loop = this.#loop;
    return new NodeSlot(
      name,
      {
        loop,
        network: () => this.#network,
        build: (process) =>
          new SimulatedNode({
            process,
            bus: this.#bus,
            pools: this.#database.open(process),
            limits: { ...LIMITS, ...LIMITS_OF_RUNS, ...this.#plan.conditions.limits } as Limits,
            log: logTo((level, message, fields) => this.#logged(process, level, message, fields)),
            metrics: NO_METRICS,
            me: (account) => this.#database.me(account),
            hasRetention: this.#plan.retention !== null,
            hasHold: this.#plan.hasHold,
            onStored: (events) => this.#recordExpiries(events),
          }),
      },
      (process) => this.#database.abandon(process),
    );
  }

  async #setUp(): Promise<void> {
    const [slot] = this.#slots as [NodeSlot];
    const made = await createGroups(this.#plan, slot, this.#accounts, this.#loop);
    this.#conversations = made.conversations;
    this.#userGroup = made.userGroup;
  }

  #startClients(): void {
    const { seed, clients, hasThreads, hasGuest } = this.#plan;
    const context: RunContext = {
      loop: this.#loop,
      network: this.#network,
      history: this.history,
      accounts: this.#accounts,
      conversations: this.#conversations,
      userGroup: this.#userGroup,
      hasThreads,
      guest: hasGuest ? (this.#accounts.at(-1) ?? null) : null,
      onHoldReleased: () => {
        this.#isHoldReleased = true;
      },
      browser: new SimulatedBrowser(this.#loop, new Random(seed).fork(101)),
      cursorFirst: this.#options.cursorFirst === true,
    };
    for (const [n, client] of clients.entries()) {
      const driver = new ClientDriver(client, context, new Random(seed).fork(200 + n));
      this.#drivers.push(driver);
      driver.wake();
    }
  }

  // ---- steps --------------------------------------------------------------------------------------

  /** Schedules the steps and faults of the plan. Returns the time until the last one has ended, ms. */
  #planSteps(): number {
    const { steps, faults } = this.#plan;
    let end = 0;
    for (const step of steps) {
      end = Math.max(end, step.at);
      this.#loop.after(step.at, this.#runner, () => this.#take(step));
    }
    for (const fault of faults) {
      end = Math.max(end, fault.at + fault.lasts);
      this.#loop.fault(fault.at, this.#runner, () => this.#begin(fault));
      this.#loop.fault(fault.at + fault.lasts, this.#runner, () => this.#end(fault));
    }
    return end;
  }

  /** Carries out a step. If its client does not run, the next one that does takes its place. */
  #take(step: Step): void {
    for (let n = 0; n < this.#drivers.length; n++) {
      if (this.#drivers[(step.client + n) % this.#drivers.length]?.do(step)) return;
    }
  }

  // ---- retention ----------------------------------------------------------------------------------

  /** Schedules when a day passes, and when nodes search for expired messages. */
  #planSearches(): void {
    const { retention } = this.#plan;
    if (!retention) return;
    this.#loop.after(retention.passesAt, this.#runner, () => {
      this.#trace('runner', 'a day has passed');
      for (const slot of this.#slots) slot.setDay(0);
    });
    for (const at of retention.searches) {
      this.#loop.after(at, this.#runner, () => this.#searchExpired());
    }
  }

  /** Has all nodes search for expired messages. */
  #searchExpired(): void {
    for (const { node, process } of this.#slots) {
      this.#loop.after(0, process, () => node?.settingsChanged());
    }
  }

  /** Searches for expired messages once more: afterwards, none may be left that has expired by now. */
  #searchLast(): void {
    this.#searchExpired();
    this.#record({ kind: 'expired', at: new Date(STARTED_AT + this.#loop.now).toISOString() });
  }

  /** Records the deletions of expired messages as acknowledged: they are kept like commands of clients. */
  #recordExpiries(events: readonly StoredEvent[]): void {
    for (const { type, actor, client, stream, seq } of events) {
      if (type !== 'message.deleted' || actor !== SYSTEM || client === null) continue;
      this.#record({ kind: 'ack', client: 'retention', id: client, stream, seq });
    }
  }

  // ---- faults -------------------------------------------------------------------------------------

  #begin(fault: FaultPlan): void {
    this.#note(fault.name, 'begin');
    const context: FaultContext = {
      loop: this.#loop,
      network: this.#network,
      bus: this.#bus,
      nodes: this.#slots,
      drivers: this.#drivers,
      database: this.#database,
      conversations: this.#conversations,
      restored: (restored) => {
        this.#isRestored = true;
        this.#record({ kind: 'restored', ...restored });
      },
    };
    const random = new Random(Math.floor(fault.pick * 2 ** 32));
    this.#ends.set(fault, FAULTS[fault.name](context, random));
  }

  #end(fault: FaultPlan): void {
    this.#note(fault.name, 'end');
    this.#ends.get(fault)?.();
    this.#ends.delete(fault);
  }

  #note(name: string, phase: 'begin' | 'end'): void {
    this.#record({ kind: 'fault', name, phase });
    this.#trace('fault', `${name} ${phase}`);
  }

  /** Ends what remains of faults: everything runs, and nothing is lost anymore. */
  #heal(): void {
    this.#trace('runner', 'all faults have ended');
    this.#database.restart();
    this.#database.loseCommits(0);
    this.#database.failWrites(0);
    this.#database.setSlowness(1);
    this.#bus.restore();
    this.#bus.reconnect();
    for (const slot of this.#slots) slot.start();
    for (const driver of this.#drivers) driver.wake();
  }

  // ---- the end ------------------------------------------------------------------------------------

  /** Waits until every client has everything, and records how long that took. Returns what is missing at the deadline. */
  async #converge(): Promise<string[]> {
    const startedAt = this.#loop.now;
    const missing = await this.#untilNothingIsMissing();
    const ms = Math.round(this.#loop.now - startedAt);
    this.#record({ kind: 'quiet', round: 0, ms, missing });
    if (missing.length > 0) return missing;
    const { retention, hasThreads } = this.#plan;
    if (retention) {
      await this.#idle(DEFERRED_MS);
      this.#searchLast();
    }
    if (retention || hasThreads) await this.#idle(THREADS_MS);
    return missing;
  }

  async #untilNothingIsMissing(): Promise<string[]> {
    let missing: string[] = [];
    let isOver = false;
    const look = () => {
      missing = this.#missing();
      isOver = missing.length === 0;
      if (!isOver) this.#loop.after(CHECK_MS, this.#runner, look);
    };
    this.#loop.after(0, this.#runner, look);
    await this.#loop.run(() => isOver, this.#loop.now + CONVERGENCE_MS);
    return missing;
  }

  /** Returns what clients lack of what is stored. */
  #missing(): string[] {
    const heads = this.#database.heads();
    return this.#drivers
      .map((driver) => driver.missing(heads, this.#database.conversationsOf(driver.account)))
      .filter((m) => m !== null);
  }

  /** Repeats old commands, and stops all clients; `hasConverged`: nothing was missing. */
  async #finish(hasConverged: boolean): Promise<void> {
    for (const slot of this.#slots) {
      if (this.#plan.kind === 'clean') {
        this.#record({ kind: 'node', node: slot.name, ...slot.repairs, buffered: 0, rss: 0 });
      }
      slot.setClock(LATER_MS);
    }
    for (const driver of this.#drivers) driver.repeatPast();
    // After a restore, some of them are stored once more.
    const isWaiting = () =>
      hasConverged
        ? this.#missing().length > 0
        : this.#drivers.some((driver) => driver.requests.open > 0);
    while (isWaiting()) await this.#pause();
    for (const driver of this.#drivers) await driver.finish();
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#loop.after(CHECK_MS, this.#runner, resolve));
  }

  #finalReads(): FinalReads {
    const [slot] = this.#slots as [NodeSlot];
    return new FinalReads({
      slot,
      loop: this.#loop,
      database: this.#database,
      history: this.history,
      accounts: this.#accounts,
      conversations: this.#conversations,
      userGroup: this.#userGroup,
      // A restore may have undone the release.
      mustBeReleased: this.#isHoldReleased && !this.#isRestored,
      pause: () => this.#pause(),
    });
  }

  /** Lets the nodes and clients run for this time. */
  async #idle(ms: number): Promise<void> {
    await this.#loop.run(() => false, this.#loop.now + ms);
  }

  /** Runs until `work` is done, for this time at most. */
  async #within(ms: number, work: () => Promise<void>): Promise<void> {
    let isDone = false;
    let failure: unknown;
    this.#loop.after(0, this.#runner, () => {
      work().then(
        () => {
          isDone = true;
        },
        (error: unknown) => {
          failure = error;
        },
      );
    });
    await this.#loop.run(() => isDone || failure !== undefined, this.#loop.now + ms);
    if (failure !== undefined) throw failure;
    if (!isDone) this.#record({ kind: 'died', node: 'the run', how: 'it did not end in time' });
  }

  #logged(process: Process, level: string, message: string, fields: object): void {
    const { err } = fields as { err?: unknown };
    const why = err instanceof Error ? `: ${err.name} ${err.message}` : '';
    this.#trace(process.name, `${level}: ${message}${why}`);
    // While the database fails, what needs it fails.
    const isExpected = this.#plan.kind === 'faults' && isOfDatabase(err);
    if (level === 'error' && !isExpected) {
      this.#record({ kind: 'died', node: process.name, how: `${message}${why}` });
    }
  }

  /** Pings are left out; presence, too, unless there is a guest, who may not be told of everyone’s. */
  #traceFrame(to: string, from: string, text: string): void {
    const isLeftOut = this.#plan.hasGuest
      ? /^{"op":"p[io]ng"/.test(text)
      : /^{"op":"(ping|pong|presence|watch)"/.test(text);
    if (!isLeftOut) this.#trace(to, `${from}: ${text}`);
  }

  #trace(who: string, what: string): void {
    this.#options.trace?.(this.#loop.now, who, what);
  }
}
