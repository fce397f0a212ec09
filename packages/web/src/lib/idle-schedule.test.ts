import { expect, test } from 'vitest';
import { type IdleHost, IdleSchedule } from './idle-schedule.ts';

/** A page that is idle as soon as its timers have run. */
class Page implements IdleHost {
  #now = 0;
  #timer: { at: number; callback: () => void } | null = null;

  now = () => this.#now;

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timer = timer;
    return () => {
      if (this.#timer === timer) this.#timer = null;
    };
  }

  whenIdle(callback: () => void): void {
    callback();
  }

  pass(ms: number): void {
    this.#now += ms;
    const timer = this.#timer;
    if (!timer || timer.at > this.#now) return;
    this.#timer = null;
    timer.callback();
  }
}

test('all waiting callbacks are called together once nothing was scheduled for some time', () => {
  const page = new Page();
  const schedule = new IdleSchedule(0, page);
  const called: string[] = [];
  schedule.schedule(() => called.push('first'));
  page.pass(200);
  schedule.schedule(() => called.push('second'));
  page.pass(200);
  expect(called).toEqual([]);
  page.pass(50);
  expect(called).toEqual(['first', 'second']);
  page.pass(1_000);
  expect(called).toEqual(['first', 'second']);
});

test('a callback is called within two seconds even while more is scheduled', () => {
  const page = new Page();
  const schedule = new IdleSchedule(0, page);
  let calledAt: number | null = null;
  schedule.schedule(() => {
    calledAt = page.now();
  });
  for (let n = 0; n < 15; n++) {
    page.pass(200);
    schedule.schedule(() => undefined);
  }
  expect(calledAt).toBe(2_000);
});

test('a canceled task does not run', () => {
  const page = new Page();
  const schedule = new IdleSchedule(0, page);
  const called: string[] = [];
  const cancel = schedule.schedule(() => called.push('first'));
  schedule.schedule(() => called.push('second'));
  cancel();
  page.pass(250);
  expect(called).toEqual(['second']);
});

test('no task runs before the given time, and later ones run as usual', () => {
  const page = new Page();
  const schedule = new IdleSchedule(3_000, page);
  const called: string[] = [];
  schedule.schedule(() => called.push('first'));
  page.pass(2_500);
  expect(called).toEqual([]);
  page.pass(500);
  expect(called).toEqual(['first']);
  schedule.schedule(() => called.push('second'));
  page.pass(250);
  expect(called).toEqual(['first', 'second']);
});
