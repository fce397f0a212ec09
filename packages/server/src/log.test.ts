import { expect, test } from 'vitest';
import { createLogger } from './log.ts';

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(createLogger('info', { write: (line: string) => void lines.push(line) }));
  return JSON.parse(lines[0] ?? '{}') as Record<string, unknown>;
}

test('an error is logged with what happened, and with nothing that hangs on it', () => {
  const error = Object.assign(new Error('duplicate key'), {
    code: '23505',
    detail: 'Key (body)=(a secret message) already exists.',
    client: { password: 'hunter2' },
  });
  const line = logged((log) => log.error({ err: error }, 'failed'));
  expect(line.err).toMatchObject({ type: 'Error', message: 'duplicate key', code: '23505' });
  expect(JSON.stringify(line)).not.toMatch(/secret message|hunter2/);
});

test('secrets are not logged, wherever they stand', () => {
  const line = logged((log) =>
    log.info(
      { password: 'hunter2', body: { token: 'hunter2' }, headers: { authorization: 'hunter2' } },
      'x',
    ),
  );
  expect(JSON.stringify(line)).not.toContain('hunter2');
});
