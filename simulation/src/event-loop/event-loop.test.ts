import { describe, expect, test } from 'vitest';
import { EventLoop, StuckError } from './event-loop.ts';
import { Process } from './process.ts';

const FOREVER_MS = 1_000_000;
const never = () => false;

describe('a schedule that would never end', () => {
  const aProcess = () => ({ loop: new EventLoop(1), process: new Process('p') });

  test('because tasks cause each other without a delay, fails', async () => {
    const { loop, process } = aProcess();
    const again = () => void loop.after(0, process, again);
    loop.after(5, process, again);
    await expect(loop.run(never, FOREVER_MS)).rejects.toThrow(new StuckError('stuck at 5 ms'));
  });

  test('because a callback of setImmediate calls it again after the end, fails', async () => {
    const { loop, process } = aProcess();
    const again = () => void loop.immediate(process, again);
    loop.after(0, process, again);
    await expect(loop.run(never, 10)).rejects.toThrow(StuckError);
  });

  test('because the end condition throws, fails', async () => {
    const { loop } = aProcess();
    const broken = () => {
      throw new TypeError('broken');
    };
    await expect(loop.run(broken, 10)).rejects.toThrow('broken');
  });

  test('because a delay is not a number, is reported where it is scheduled', async () => {
    const { loop, process } = aProcess();
    const errors: unknown[] = [];
    loop.onError = (error) => errors.push(error);
    loop.after(1, process, () => void loop.after(Number.NaN, process, () => undefined));
    expect(await loop.run(never, 10)).toBe(false);
    expect(errors).toEqual([new TypeError('The delay of a task is not a number')]);
    expect(loop.now).toBe(1);
  });
});

test('many tasks at one time, and a few callbacks after the end, are executed', async () => {
  const loop = new EventLoop(1);
  const process = new Process('p');
  let done = 0;
  for (let n = 0; n < 10_000; n++) loop.after(10, process, () => done++);
  const next = (left: number) => {
    if (left > 0) loop.immediate(process, () => next(left - 1));
    else done++;
  };
  loop.after(10, process, () => next(100));
  await loop.run(never, 10);
  expect(done).toBe(10_001);
});

test('a fault does not come before callbacks that another callback of setImmediate has added', async () => {
  const loop = new EventLoop(1);
  const process = new Process('p');
  const done: string[] = [];
  loop.after(1, process, () => {
    loop.immediate(process, () => {
      loop.immediate(process, () => done.push('added'));
    });
  });
  // While the first callback runs.
  loop.fault(1.01, new Process('runner'), () => {
    done.push('killed');
    process.isAlive = false;
  });
  await loop.run(never, 10);
  expect(done).toEqual(['added', 'killed']);
});

test('a fault does not come before callbacks of setImmediate because a canceled task was before it', async () => {
  // Whether another task shares the turn is decided by the seed.
  for (let seed = 1; seed <= 50; seed++) {
    const loop = new EventLoop(seed);
    const process = new Process('p');
    const done: string[] = [];
    loop.after(1, process, () => void loop.immediate(process, () => done.push('called')));
    loop.after(1.01, process, () => done.push('canceled'))();
    loop.fault(1.02, new Process('runner'), () => {
      done.push('killed');
      process.isAlive = false;
    });
    await loop.run(never, 10);
    expect(done, `${seed}`).toEqual(['called', 'killed']);
  }
});

test('the last turn ends also for processes that are frozen or were killed', async () => {
  const loop = new EventLoop(1);
  const [frozen, killed] = [new Process('frozen'), new Process('killed')];
  const done: string[] = [];
  loop.after(1, frozen, () => {
    loop.immediate(frozen, () => done.push('frozen'));
    loop.immediate(killed, () => {
      loop.immediate(killed, () => done.push('killed'));
    });
    frozen.isFrozen = true;
    killed.isAlive = false;
    throw new StuckError('the schedule ends within the turn');
  });
  await expect(loop.run(never, 10)).rejects.toThrow(StuckError);
  await loop.endTurn();
  expect(done).toEqual(['frozen', 'killed']);
});
