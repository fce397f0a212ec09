import { describe, expect, test } from 'vitest';
import { type FrameHost, FrameSchedule } from './frame-schedule.ts';

/** A page whose time passes only when the test says so. */
class Page implements FrameHost {
  time = 0;
  frames: (() => void)[] = [];
  tasks: (() => void)[] = [];
  reported: unknown[] = [];
  timers: { readonly at: number; readonly callback: () => void }[] = [];

  now = () => this.time;
  onFrame = (callback: () => void) => void this.frames.push(callback);
  afterTask = (callback: () => void) => void this.tasks.push(callback);
  after = (ms: number, callback: () => void) =>
    void this.timers.push({ at: this.time + ms, callback });
  report = (error: unknown) => void this.reported.push(error);

  /** Runs microtasks, tasks and timers that are due, and then a frame. */
  async frame(): Promise<void> {
    await Promise.resolve();
    for (const task of this.tasks.splice(0)) task();
    const due = this.timers.filter(({ at }) => at <= this.time);
    this.timers = this.timers.filter(({ at }) => at > this.time);
    for (const { callback } of due) callback();
    for (const callback of this.frames.splice(0)) callback();
    for (const task of this.tasks.splice(0)) task();
  }
}

describe('a frame schedule', () => {
  test('calls back for the first change at once, without waiting for a frame', async () => {
    const schedule = new FrameSchedule(new Page());
    let calls = 0;
    schedule.schedule(() => calls++);
    expect(calls).toBe(0);
    await Promise.resolve();
    expect(calls).toBe(1);
  });

  test('calls back once per frame, however many changes arrive in it', async () => {
    const page = new Page();
    const schedule = new FrameSchedule(page);
    let calls = 0;
    const changed = () => void calls++;
    schedule.schedule(changed);
    await page.frame();
    for (let n = 0; n < 100; n++) schedule.schedule(changed);
    expect(calls).toBe(1);
    await page.frame();
    expect(calls).toBe(2);
    for (let n = 0; n < 100; n++) schedule.schedule(changed);
    await page.frame();
    expect(calls).toBe(3);
  });

  test('notifies of the next change at once after a frame without changes', async () => {
    const page = new Page();
    const schedule = new FrameSchedule(page);
    let calls = 0;
    schedule.schedule(() => calls++);
    await page.frame();
    await page.frame();
    schedule.schedule(() => calls++);
    await Promise.resolve();
    expect(calls).toBe(2);
  });

  test('leaves as much time for input as an update took', async () => {
    const page = new Page();
    const schedule = new FrameSchedule(page);
    let calls = 0;
    const slow = () => {
      calls++;
      page.time += 40;
    };
    schedule.schedule(slow);
    await page.frame();
    schedule.schedule(slow);
    page.time += 39;
    await page.frame();
    expect(calls).toBe(1);
    page.time += 1;
    await page.frame();
    expect(calls).toBe(2);
  });

  test('calls back at once for what the user does, also during a pause', async () => {
    const page = new Page();
    const schedule = new FrameSchedule(page);
    let calls = 0;
    schedule.schedule(() => {
      page.time += 40;
    });
    await page.frame();
    schedule.schedule(() => calls++);
    await page.frame();
    expect(calls).toBe(0);
    schedule.flush();
    expect(calls).toBe(1);
    // Once, and the pause is not ended by it.
    page.time += 40;
    await page.frame();
    await page.frame();
    expect(calls).toBe(1);
    schedule.schedule(() => calls++);
    await page.frame();
    expect(calls).toBe(2);
  });

  test('calls every callback, and reports the error of one that throws', async () => {
    const page = new Page();
    const schedule = new FrameSchedule(page);
    const error = new Error('of a listener');
    let calls = 0;
    const fail = () => {
      throw error;
    };
    schedule.schedule(fail);
    schedule.schedule(() => calls++);
    await page.frame();
    expect(calls).toBe(1);
    expect(page.reported).toEqual([error]);
    schedule.schedule(fail);
    schedule.schedule(() => calls++);
    schedule.flush();
    expect(calls).toBe(2);
    expect(page.reported).toEqual([error, error]);
    await page.frame();
    await page.frame();
    schedule.schedule(() => calls++);
    await Promise.resolve();
    expect(calls).toBe(3);
  });

  test('calls back again for a change that a callback makes', async () => {
    const page = new Page();
    const schedule = new FrameSchedule(page);
    let calls = 0;
    const changed = () => {
      if (calls++ === 0) schedule.schedule(changed);
    };
    schedule.schedule(changed);
    await page.frame();
    await page.frame();
    expect(calls).toBe(2);
  });
});
