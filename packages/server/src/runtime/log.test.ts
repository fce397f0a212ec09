import { afterEach, describe, expect, test, vi } from 'vitest';
import { createLogger } from './log.ts';

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(createLogger('info', { write: (line: string) => void lines.push(line) }));
  return JSON.parse(lines[0] ?? '{}') as Record<string, unknown>;
}

test('an error is logged with its message and stack, but without attached objects', () => {
  const error = Object.assign(new Error('duplicate key'), {
    code: '23505',
    detail: 'Key (body)=(a secret message) already exists.',
    client: { password: 'hunter2' },
  });
  const line = logged((log) => log.error({ err: error }, 'failed'));
  expect(line.err).toMatchObject({ type: 'Error', message: 'duplicate key', code: '23505' });
  expect(JSON.stringify(line)).not.toMatch(/secret message|hunter2/);
});

test('secrets are redacted at every depth', () => {
  const line = logged((log) =>
    log.info(
      { password: 'hunter2', body: { token: 'hunter2' }, headers: { authorization: 'hunter2' } },
      'x',
    ),
  );
  expect(JSON.stringify(line)).not.toContain('hunter2');
});

describe('what clients send', () => {
  test('is truncated at every depth', () => {
    const long = 'x'.repeat(15_000);
    const line = logged((log) =>
      log.warn(
        {
          origin: long,
          deep: { a: { b: { c: { d: long } } } },
          list: Array.from({ length: 5_000 }, () => long),
          fields: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${long}${i}`, long])),
          err: Object.assign(new Error(long, { cause: new Error(long) }), { code: 'X' }),
        },
        'refused',
      ),
    );
    expect(JSON.stringify(line).length).toBeLessThan(40_000);
    expect(line.origin).toBe(`${'x'.repeat(400)}… (14600 more)`);
    expect(line.deep).toEqual({ a: { b: { c: '[nested too deeply]' } } });
    expect(line.list).toHaveLength(21);
    expect((line.list as string[])[20]).toBe('… (4980 more)');
    expect(line.err).toMatchObject({ code: 'X', message: line.origin });
  });

  test('is not cut within a character', () => {
    const line = logged((log) => log.info({ origin: `${'x'.repeat(399)}😀😀` }, 'refused'));
    expect((line.origin as string).isWellFormed()).toBe(true);
  });

  test('is logged even if its causes form a cycle', () => {
    const error = new Error('a');
    error.cause = error;
    expect(JSON.stringify(logged((log) => log.error({ err: error }, 'x')))).toContain(
      'more causes',
    );
  });
});

describe('a repeated log line', () => {
  function flooded(level: 'info' | 'debug', times: number) {
    const lines: Record<string, unknown>[] = [];
    const log = createLogger('debug', {
      write: (line: string) => void lines.push(JSON.parse(line)),
    });
    for (let n = 0; n < times; n++) log.child({ n })[level]({ n }, 'refused');
    log[level]('something else');
    return lines;
  }
  afterEach(() => vi.useRealTimers());

  test('is limited and counted, without limiting others', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const lines = flooded('info', 100_000);
    expect(lines.filter((line) => line.msg === 'refused')).toHaveLength(100);
    expect(lines.at(-1)).toMatchObject({ msg: 'something else' });
    vi.advanceTimersByTime(10_000);
    expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'refused', suppressed: 99_900 });
  });

  test('is written again in the next time window', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const lines: Record<string, unknown>[] = [];
    const log = createLogger('info', {
      write: (line: string) => void lines.push(JSON.parse(line)),
    });
    for (let window = 0; window < 3; window++) {
      for (let n = 0; n < 150; n++) log.warn({ n }, 'refused');
      vi.advanceTimersByTime(10_001);
    }
    expect(lines.filter((line) => line.suppressed === undefined)).toHaveLength(300);
    expect(lines.filter((line) => line.suppressed === 50)).toHaveLength(3);
  });

  test('is always written at debug level', () => {
    expect(flooded('debug', 1_000)).toHaveLength(1_001);
  });
});

test('a security event is written even after many others', () => {
  const lines: string[] = [];
  const log = createLogger('info', { write: (line: string) => void lines.push(line) });
  for (let n = 0; n < 500; n++) log.warn({ event: 'login_failed', n }, 'security event');
  log.warn({ event: 'admin_denied' }, 'security event');
  expect(lines).toHaveLength(501);
  expect(lines.at(-1)).toContain('admin_denied');
});
