import { Random } from '@parley/chaos/lib/random';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';

/** Cancels something that was scheduled. */
export type Cancel = () => void;

/** A task of a process at a given time. */
interface Task {
  readonly at: number;
  readonly order: number;
  readonly process: Process;
  readonly fn: () => void;
  /** A fault, which happens between two turns of the event loop of every process, with no callbacks left. */
  readonly isFault: boolean;
  canceled: boolean;
}

/** Tasks that may share a turn: at most this many, this close together (ms). */
const TURN = { tasks: 5, ms: 0.5, share: 0.3 };
/** How long the callbacks of `setImmediate` of one turn take together, ms. */
const IMMEDIATES_MS = 0.2;
/** Steps that run in one turn of the real event loop. */
const STEPS = 512;

/** A schedule is stuck if this number of steps takes less simulated time than `ms`. */
const STUCK = { steps: 50_000, ms: 1 };
/** How long after the end callbacks of `setImmediate` that were added before it may continue, simulated ms. */
const OVERTIME_MS = 1_000;

/** Callbacks that run after the end: a schedule that is stuck may add more forever. */
const LAST_CALLBACKS_MAX = 1_000;

const realImmediate = setImmediate;

/** Thrown when a schedule would never end. */
export class StuckError extends Error {
  override name = 'StuckError';
}

/**
 * Runs all simulated processes in one thread, in simulated time.
 *
 * 1. Tasks run in the order of their times, those of one time in the order in which they were
 *    scheduled. Times are chosen by the seed, so the seed decides the order.
 * 2. Everything that a task causes immediately (microtasks, `process.nextTick`) is finished before
 *    the next task. It belongs to the same process: interactions between processes are scheduled.
 * 3. `setImmediate` runs after the turn. As sockets that become readable together share a turn of a real
 *    event loop, tasks that are close together may share one, by choice of the seed.
 * 4. A killed process does nothing from then on; a frozen one continues when it is thawed.
 */
export class EventLoop {
  readonly random: Random;
  readonly #heap: Task[] = [];
  readonly #immediates: Task[] = [];
  /** The callbacks of `setImmediate` that are still to run in the current turn. */
  #dueImmediates = 0;
  #now = 0;
  #order = 0;
  #forks = 2;
  /** The tasks of the current turn so far. */
  #turn = 0;
  #current: Process | null = null;

  /** Called with errors that a process did not catch. */
  onError: (error: unknown, process: Process | null) => void = (error) => {
    throw error;
  };

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** The simulated time, ms since the start. */
  get now(): number {
    return this.#now;
  }

  /** The process that is currently running. @throws outside of a task */
  get current(): Process {
    if (!this.#current) throw new Error('No simulated process runs');
    return this.#current;
  }

  /** Schedules `fn` in a process. */
  after(ms: number, process: Process, fn: () => void): Cancel {
    return this.#add(ms, process, fn, false);
  }

  /** Schedules a fault: it does not happen within a turn. */
  fault(ms: number, process: Process, fn: () => void): Cancel {
    return this.#add(ms, process, fn, true);
  }

  /** Schedules `fn` after the current turn. */
  immediate(process: Process, fn: () => void): Cancel {
    const task: Task = {
      at: this.#now,
      order: ++this.#order,
      process,
      fn,
      isFault: false,
      canceled: false,
    };
    this.#immediates.push(task);
    return () => {
      task.canceled = true;
    };
  }

  /** Returns the time and the randomness of one process, for a part of the simulation. */
  schedulerOf(process: Process): Scheduler {
    const random = this.random.fork(++this.#forks);
    return {
      now: () => this.#now,
      random: () => random.next(),
      later: (min, max, fn) => this.after(min + random.next() * (max - min), process, fn),
    };
  }

  /** Runs `fn` immediately as part of the process. */
  within<T>(process: Process, fn: () => T): T {
    const before = this.#current;
    this.#current = process;
    try {
      return fn();
    } finally {
      this.#current = before;
    }
  }

  /** Continues a frozen process: missed tasks run now, in order. */
  thaw(process: Process): void {
    process.isFrozen = false;
    for (const fn of process.missed.splice(0)) this.after(0, process, fn);
  }

  /**
   * Runs until `isDone`, or until the simulated time `until`. Returns whether it is done. The
   * caller must not wait for anything real in the meantime. Rejects with a {@link StuckError} if it
   * would not end.
   */
  run(isDone: () => boolean, until: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let ended = false;
      let steps = 0;
      let since = this.#now;
      // A time that is not a number does not pass either.
      const isStuck = () => {
        if (!(this.#now <= until + OVERTIME_MS)) return true;
        if (++steps < STUCK.steps) return false;
        const isStill = this.#now - since < STUCK.ms;
        [steps, since] = [0, this.#now];
        return isStill;
      };
      // Between two immediates Node.js runs all microtasks and ticks, which nothing else guarantees.
      const step = () => {
        if (ended) return;
        try {
          if (!isDone() && this.#step(until)) {
            if (isStuck()) throw new StuckError(`stuck at ${this.#now} ms`);
            return;
          }
          resolve(isDone());
        } catch (error) {
          reject(error);
        }
        ended = true;
      };
      const batch = () => {
        for (let n = 0; n < STEPS; n++) realImmediate(step);
        realImmediate(() => {
          if (!ended) batch();
        });
      };
      batch();
    });
  }

  /**
   * Runs the remaining callbacks of the last turn, so that no state is left in the modules. Those of processes
   * that are frozen or were killed run too: modules share their state between processes.
   */
  async endTurn(): Promise<void> {
    for (let n = 0; n < LAST_CALLBACKS_MAX && this.#immediates.length > 0; n++) {
      const task = this.#immediates.shift() as Task;
      if (!task.canceled) this.#call(task);
      // All that it causes immediately is finished first.
      await new Promise<void>((resolve) => void realImmediate(resolve));
    }
    this.#dueImmediates = 0;
  }

  #add(ms: number, process: Process, fn: () => void, isFault: boolean): Cancel {
    if (Number.isNaN(ms)) throw new TypeError('The delay of a task is not a number');
    const task: Task = {
      at: this.#now + Math.max(0, ms),
      order: ++this.#order,
      process,
      fn,
      isFault,
      canceled: false,
    };
    push(this.#heap, task);
    return () => {
      task.canceled = true;
    };
  }

  /** Runs the next step. Returns false if there is none up to `until`. */
  #step(until: number): boolean {
    this.#dropVoid();
    if (this.#immediates.length > 0 && (this.#dueImmediates > 0 || !this.#takesAnother())) {
      this.#runImmediate();
      return true;
    }
    const next = this.#heap[0];
    if (!next || next.at > until) return false;
    pop(this.#heap);
    this.#turn = this.#immediates.length > 0 ? this.#turn + 1 : 1;
    this.#now = Math.max(this.#now, next.at);
    this.#do(next);
    return true;
  }

  /** Removes the next tasks as long as they do nothing: each step is a turn of the real event loop. */
  #dropVoid(): void {
    for (let next = this.#heap[0]; next; next = this.#heap[0]) {
      if (!next.canceled && next.process.isAlive) return;
      pop(this.#heap);
    }
  }

  /**
   * Runs the first callback of `setImmediate`; those that are added by it are for the next turn.
   */
  #runImmediate(): void {
    if (this.#dueImmediates === 0) this.#dueImmediates = this.#immediates.length;
    this.#do(this.#immediates.shift() as Task);
    if (--this.#dueImmediates > 0) return;
    this.#turn = 0;
    this.#now += IMMEDIATES_MS;
  }

  /** Returns whether the next task comes before the callbacks of `setImmediate`. */
  #takesAnother(): boolean {
    const next = this.#heap[0];
    if (!next) return false;
    // A fault waits until no callbacks are left: modules share their state between processes.
    if (next.isFault) return false;
    // Due tasks are not delayed by callbacks that call `setImmediate` again.
    if (this.#turn === 0) return next.at <= this.#now;
    if (next.at - this.#now > TURN.ms) return false;
    return this.#turn < TURN.tasks && this.random.chance(TURN.share);
  }

  #do(task: Task): void {
    const { process, fn, canceled } = task;
    if (canceled || !process.isAlive) return;
    if (process.isFrozen) process.missed.push(fn);
    else this.#call(task);
  }

  #call({ process, fn }: Task): void {
    this.#current = process;
    try {
      fn();
    } catch (error) {
      this.onError(error, process);
    }
    // Its remaining microtasks belong to the same process, which stays the current one.
  }
}

const isBefore = (a: Task, b: Task): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Adds to a binary heap. */
function push(heap: Task[], item: Task): void {
  let place = heap.length;
  heap.push(item);
  while (place > 0) {
    const above = (place - 1) >> 1;
    const other = heap[above] as Task;
    if (!isBefore(item, other)) break;
    heap[place] = other;
    place = above;
  }
  heap[place] = item;
}

/** Removes the first item of a binary heap. */
function pop(heap: Task[]): void {
  const item = heap.pop() as Task;
  if (heap.length === 0) return;
  let place = 0;
  for (;;) {
    let below = 2 * place + 1;
    if (below >= heap.length) break;
    const right = heap[below + 1];
    if (right && isBefore(right, heap[below] as Task)) below++;
    const other = heap[below] as Task;
    if (!isBefore(other, item)) break;
    heap[place] = other;
    place = below;
  }
  heap[place] = item;
}
