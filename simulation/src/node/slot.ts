import type { HubCounters } from '@parley/server/internal/stream/hub';
import type { EventLoop } from '../event-loop/event-loop.ts';
import { Process } from '../event-loop/process.ts';
import type { Network } from '../network/network.ts';
import type { SimulatedNode } from './node.ts';

/** What a slot starts nodes with. */
export interface SlotDeps {
  readonly loop: EventLoop;
  readonly network: () => Network;
  /** Builds a node in a process. */
  readonly build: (process: Process) => SimulatedNode;
}

/** A node that is started again and again: one process of it after the other. */
export class NodeSlot {
  readonly name: string;
  readonly #deps: SlotDeps;
  readonly #onKilled: (process: Process) => void;
  #node: SimulatedNode | null = null;
  #process: Process;
  readonly #stopping = new Map<Process, SimulatedNode>();
  #starts = 0;
  #clockOffsetMs = 0;
  /** How far the clocks of all nodes are off. */
  #dayMs = 0;
  /** Repairs of the processes that ended. */
  #past = { fills: 0, late: 0, repairs: 0, stalled: 0 };

  /** `onKilled` is called with each process that was killed. */
  constructor(name: string, deps: SlotDeps, onKilled: (process: Process) => void) {
    this.name = name;
    this.#deps = deps;
    this.#onKilled = onKilled;
    this.#process = new Process(name);
  }

  /** Its current or last process. */
  get process(): Process {
    return this.#process;
  }

  /** The running node; null while there is none. */
  get node(): SimulatedNode | null {
    return this.#node;
  }

  /** The repairs of all its processes. */
  get repairs(): HubCounters & { stalled: number } {
    const { fills, late, repairs, stalled } = this.#past;
    const node = this.#node;
    if (!node) return this.#past;
    return {
      fills: fills + node.counters.fills,
      late: late + node.counters.late,
      repairs: repairs + node.counters.repairs,
      stalled: stalled + node.stalled,
    };
  }

  /** Starts a process, unless one runs. */
  start(): void {
    if (this.#node) return;
    this.#starts++;
    const process = new Process(`${this.name}.${this.#starts}`);
    process.clockOffsetMs = this.#clockOffsetMs + this.#dayMs;
    this.#process = process;
    this.#node = this.#deps.loop.within(process, () => this.#deps.build(process));
  }

  /** Kills the running process: its connections break, and it does nothing from then on. */
  kill(): void {
    const node = this.#node;
    if (!node) return;
    this.#end();
    this.#killed(this.#process, node);
  }

  /** Kills the running process, and those that are being stopped. */
  killAll(): void {
    this.kill();
    for (const [process, node] of this.#stopping) this.#killed(process, node);
  }

  #killed(process: Process, node: SimulatedNode): void {
    this.#stopping.delete(process);
    node.killed();
    process.isAlive = false;
    this.#onKilled(process);
    for (const link of this.#deps.network().of(process)) link.cut();
  }

  /** Stops the running process in order. It takes its time, while the next one runs already. */
  stop(): void {
    const node = this.#node;
    if (!node) return;
    this.#end();
    const process = this.#process;
    this.#stopping.set(process, node);
    const stopped = () => this.#stopping.delete(process);
    this.#deps.loop.after(0, process, () => void node.stop().then(stopped));
  }

  /** Sets how far its wall clock is off. */
  setClock(offsetMs: number): void {
    this.#clockOffsetMs = offsetMs;
    this.#process.clockOffsetMs = offsetMs + this.#dayMs;
  }

  /** Sets how far the clocks of all nodes are off: their time, at which messages are posted and expire. */
  setDay(offsetMs: number): void {
    this.#dayMs = offsetMs;
    this.#process.clockOffsetMs = this.#clockOffsetMs + offsetMs;
  }

  #end(): void {
    this.#past = this.repairs;
    const node = this.#node;
    this.#node = null;
    node?.ended();
  }
}
