import { describe, expect, test } from 'vitest';
import { ConcurrencyLimit } from './concurrency.ts';

/** A limit of 2, with tasks that end on request. */
function limited() {
  const limit = new ConcurrencyLimit(2);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (key: string, name: string, failure?: Error) =>
    limit.run(key, async () => {
      started.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      if (failure) throw failure;
      return name;
    });
  const end = (name: string) => (ends.get(name) as () => void)();
  return { limit, started, add, end };
}

describe('tasks of one key', () => {
  test('run two at a time, in order', async () => {
    const { started, add, end } = limited();
    const all = ['a', 'b', 'c', 'd'].map((name) => add('key', name));
    expect(started).toEqual(['a', 'b']);
    end('b');
    expect(await all[1]).toBe('b');
    expect(started).toEqual(['a', 'b', 'c']);
    end('a');
    end('c');
    await all[2];
    end('d');
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('let the next one start even if they fail', async () => {
    const { limit, started, add, end } = limited();
    const all = [add('key', 'a', new Error('failed')), add('key', 'b'), add('key', 'c')];
    end('a');
    await expect(all[0]).rejects.toThrow('failed');
    expect(started).toEqual(['a', 'b', 'c']);
    end('b');
    end('c');
    await Promise.all(all.slice(1));
    expect(limit.size).toBe(0);
  });

  test('do not delay those of other keys', async () => {
    const { started, add, end } = limited();
    const all = ['a', 'b', 'c'].map((name) => add('key', name));
    const other = add('other', 'x');
    expect(started).toEqual(['a', 'b', 'x']);
    end('x');
    expect(await other).toBe('x');
    end('a');
    end('b');
    await all[1];
    end('c');
    await Promise.all(all);
  });
});
