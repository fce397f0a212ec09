import { describe, expect, test } from 'vitest';
import { Gathering } from './gathering.ts';

describe('Gathering', () => {
  test('does not wait when nothing else was under way', () => {
    const gathering = new Gathering(256);
    expect(gathering.isComplete(1)).toBe(true);
    gathering.observe(2, 1, 0);
    expect(gathering.isComplete(1)).toBe(true);
  });

  test('waits for as many commands as were under way when the last transaction ended', () => {
    const gathering = new Gathering(256);
    gathering.observe(2, 2, 2);
    expect([1, 3, 4, 5].map((waiting) => gathering.isComplete(waiting))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    gathering.observe(2, 1, 0);
    expect(gathering.isComplete(1)).toBe(true);
  });

  test('waits for a small part of the time of a transaction, and never long', () => {
    const gathering = new Gathering(256);
    expect(gathering.waitMs).toBe(0);
    for (let n = 0; n < 100; n++) gathering.observe(2, 1, 0);
    expect(gathering.waitMs).toBeGreaterThan(0.1);
    expect(gathering.waitMs).toBeLessThan(0.5);
    for (let n = 0; n < 100; n++) gathering.observe(10_000, 1, 0);
    expect(gathering.waitMs).toBe(1);
  });

  test('does not wait for more commands than a batch may have', () => {
    const gathering = new Gathering(256);
    gathering.observe(2, 256, 5_000);
    expect(gathering.isComplete(255)).toBe(false);
    expect(gathering.isComplete(256)).toBe(true);
  });
});
