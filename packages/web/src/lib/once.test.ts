import { expect, test } from 'vitest';
import { once } from './once.ts';

test('the value is made at the first call only', () => {
  let made = 0;
  const value = once(() => ({ number: ++made }));
  expect(made).toBe(0);
  expect(value()).toEqual({ number: 1 });
  expect(value()).toBe(value());
  expect(made).toBe(1);
});
