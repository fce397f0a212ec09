import type { Random } from '@parley/chaos/lib/random';
import { uuidv7 } from 'uuidv7';
import type { Cancel, EventLoop } from './event-loop.ts';

/** The wall clock at the start of a run: any time, the same in all of them. */
export const STARTED_AT = Date.UTC(2026, 0, 5, 12);
/** Before the start of any run. */
const EARLIER = STARTED_AT - 86_400_000;

const NEVER = new AbortController().signal;

/** A timer as programs hold it. */
class SimulatedTimer {
  cancel: Cancel;

  constructor(cancel: Cancel) {
    this.cancel = cancel;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }
}

type Callback = (...args: unknown[]) => void;

/**
 * Replaces the globals that modules use (timers, clocks, randomness) with those of the event loop:
 * every value belongs to the simulated process that asks. Returns a function that restores the real
 * ones.
 */
export function replaceGlobals(loop: EventLoop): () => void {
  const random = loop.random.fork(1);
  const ids = seededValues(() => loop.random.fork(2));
  const restores = [
    replace(globalThis, 'setTimeout', (fn: Callback, ms = 1, ...args: unknown[]) => {
      const { current } = loop;
      return new SimulatedTimer(loop.after(atLeastOne(ms), current, () => fn(...args)));
    }),
    replace(globalThis, 'setInterval', (fn: Callback, ms = 1, ...args: unknown[]) => {
      const { current } = loop;
      const again = () => {
        timer.cancel = loop.after(atLeastOne(ms), current, () => {
          again();
          fn(...args);
        });
      };
      const timer = new SimulatedTimer(() => undefined);
      again();
      return timer;
    }),
    replace(globalThis, 'setImmediate', (fn: Callback, ...args: unknown[]) => {
      return new SimulatedTimer(loop.immediate(loop.current, () => fn(...args)));
    }),
    ...(['clearTimeout', 'clearInterval', 'clearImmediate'] as const).map((name) =>
      replace(globalThis, name, (timer: unknown) => {
        if (timer instanceof SimulatedTimer) timer.cancel();
      }),
    ),
    replace(performance, 'now', () => loop.now),
    replace(Date, 'now', () => Math.floor(STARTED_AT + loop.now + loop.current.clockOffsetMs)),
    replace(Math, 'random', () => random.next()),
    replace(crypto, 'getRandomValues', ids.fill),
    // The network ends requests without an answer, before any timeout of a client.
    replace(AbortSignal, 'timeout', () => NEVER),
  ];
  resetIds(ids);
  return () => {
    for (const restore of restores) restore();
  };
}

const atLeastOne = (ms: number): number => Math.max(1, ms);

/** Random values that restart with each call until `release`. */
function seededValues(start: () => Random) {
  let random = start();
  let isReleased = false;
  let fills = 0;
  return {
    fill: (values: Uint32Array) => {
      fills++;
      if (!isReleased) random = start();
      for (let i = 0; i < values.length; i++) values[i] = random.next() * 2 ** 32;
      return values;
    },
    fills: () => fills,
    release: () => {
      isReleased = true;
    },
  };
}

/**
 * The generator of ids keeps a timestamp and unused random numbers from the run before. It restarts
 * when its clock goes far back, and its numbers are used up here, so that the run starts with fresh
 * ones.
 */
function resetIds(ids: ReturnType<typeof seededValues>): void {
  const restore = replace(Date, 'now', () => EARLIER);
  uuidv7();
  for (const before = ids.fills(); ids.fills() === before; ) uuidv7();
  ids.release();
  restore();
}

function replace(owner: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return () => {
    if (before) Object.defineProperty(owner, name, before);
    else Reflect.deleteProperty(owner, name);
  };
}
