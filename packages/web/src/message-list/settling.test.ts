import { describe, expect, test } from 'vitest';
import { type Layout, Settling } from './settling.ts';

/** A list whose frames and clock the test advances. */
function list(frameMs = 16) {
  const state = {
    layout: { offset: 0, size: 1_000, viewport: 500 } as Layout | null,
    changes: 0,
    settled: 0,
  };
  let now = 0;
  const waiting: (() => void)[] = [];
  const settling = new Settling({
    now: () => now,
    onFrame: (callback) => waiting.push(callback),
    layout: () => state.layout,
    onChange: () => void state.changes++,
    onSettled: () => void state.settled++,
  });
  const frame = (count = 1) => {
    for (let n = 0; n < count; n++) {
      now += frameMs;
      for (const callback of waiting.splice(0)) callback();
    }
  };
  const grow = () => {
    if (state.layout) state.layout = { ...state.layout, size: state.layout.size + 100 };
  };
  return { state, settling, frame, grow, isIdle: () => waiting.length === 0 };
}

describe('a list whose rows are being measured', () => {
  test('is settled until rows are added', () => {
    const { settling } = list();
    expect(settling.isSettled).toBe(true);
    settling.start();
    expect(settling.isSettled).toBe(false);
  });

  test('settles after a quarter of a second of fast frames', () => {
    const { settling, frame, state, isIdle } = list();
    settling.start();
    frame(15);
    expect(settling.isSettled).toBe(false);
    frame();
    expect(settling.isSettled).toBe(true);
    expect(state.settled).toBe(1);
    expect(isIdle()).toBe(true);
  });

  test('does not settle while each slow frame measures further rows', () => {
    const { settling, frame, grow, state } = list(300);
    settling.start();
    for (let n = 0; n < 5; n++) {
      grow();
      frame();
      expect(settling.isSettled).toBe(false);
    }
    expect(state.changes).toBe(5);
    frame(2);
    expect(settling.isSettled).toBe(false);
    frame();
    expect(settling.isSettled).toBe(true);
    expect(state.settled).toBe(1);
  });

  test('starts again when it is scrolled to other rows meanwhile', () => {
    const { settling, frame, state } = list();
    settling.start();
    frame(15);
    settling.start();
    frame(15);
    expect(settling.isSettled).toBe(false);
    frame();
    expect(settling.isSettled).toBe(true);
    expect(state.settled).toBe(1);
  });

  test('settles at last if its height changes in every frame', () => {
    const { settling, frame, grow } = list();
    settling.start();
    let frames = 0;
    while (!settling.isSettled && frames < 1_000) {
      grow();
      frame();
      frames++;
    }
    expect(frames).toBe(120);
  });

  test('is checked once with the next frame, however often that was requested', () => {
    const { settling, frame, state } = list();
    settling.check();
    settling.check();
    expect(state.settled).toBe(0);
    frame();
    expect(state.settled).toBe(1);
    expect(settling.isSettled).toBe(true);
    frame();
    expect(state.settled).toBe(1);
  });

  test('ends when the list is gone', () => {
    const { settling, frame, state, isIdle } = list();
    settling.start();
    state.layout = null;
    frame();
    expect(state.settled).toBe(0);
    expect(settling.isSettled).toBe(true);
    expect(isIdle()).toBe(true);
  });
});
