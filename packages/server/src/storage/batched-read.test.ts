import { expect, test } from 'vitest';
import { BatchedRead } from './batched-read.ts';

/** A read whose answers the test gives. */
function controlledRead() {
  const reads: {
    readonly keys: readonly number[];
    answer(): void;
    fail(error: Error): void;
  }[] = [];
  const read = (keys: readonly number[]) =>
    new Promise<string[]>((resolve, reject) => {
      reads.push({ keys, answer: () => resolve(keys.map((key) => `value ${key}`)), fail: reject });
    });
  return { reads, read, keys: () => reads.map((r) => r.keys) };
}

/** Lets everything run that follows from an answer. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a key that is alone is read at once', async () => {
  const { reads, read, keys } = controlledRead();
  const batched = new BatchedRead(read, { keys: 10, reads: 1 });
  const value = batched.get(1);
  expect(keys()).toEqual([[1]]);
  reads[0]?.answer();
  expect(await value).toBe('value 1');
});

test('keys that come during a read share the next one, which begins after them', async () => {
  const { reads, read, keys } = controlledRead();
  const batched = new BatchedRead(read, { keys: 10, reads: 1 });
  const values = [1, 2, 3, 2].map((key) => batched.get(key));
  expect(keys()).toEqual([[1]]);
  reads[0]?.answer();
  await settled();
  expect(keys()).toEqual([[1], [2, 3, 2]]);
  const late = batched.get(4);
  reads[1]?.answer();
  await settled();
  expect(keys()).toEqual([[1], [2, 3, 2], [4]]);
  reads[2]?.answer();
  expect(await Promise.all([...values, late])).toEqual([
    'value 1',
    'value 2',
    'value 3',
    'value 2',
    'value 4',
  ]);
});

test('a read has at most so many keys, and so many run at a time', async () => {
  const { reads, read, keys } = controlledRead();
  const batched = new BatchedRead(read, { keys: 2, reads: 2 });
  const values = Promise.all([1, 2, 3, 4, 5].map((key) => batched.get(key)));
  expect(keys()).toEqual([[1], [2]]);
  reads[1]?.answer();
  await settled();
  expect(keys()).toEqual([[1], [2], [3, 4]]);
  reads[0]?.answer();
  await settled();
  expect(keys()).toEqual([[1], [2], [3, 4], [5]]);
  for (const { answer } of reads) answer();
  expect(await values).toHaveLength(5);
});

test('a failed read fails its keys only', async () => {
  const { reads, read, keys } = controlledRead();
  const batched = new BatchedRead(read, { keys: 10, reads: 1 });
  const first = batched.get(1);
  const second = batched.get(2);
  reads[0]?.fail(new Error('lost'));
  await expect(first).rejects.toThrow('lost');
  await settled();
  expect(keys()).toEqual([[1], [2]]);
  reads[1]?.answer();
  expect(await second).toBe('value 2');
});
