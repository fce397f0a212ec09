import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeProblems, envExample, loadConfig, settings } from './config.ts';

function problemsOf(env: Record<string, string>): Record<string, string> {
  const loaded = loadConfig(env);
  return loaded.ok ? {} : Object.fromEntries(loaded.problems.map((p) => [p.name, p.message]));
}

describe('loadConfig', () => {
  test('needs nothing: every setting has a default or may be missing', () => {
    expect(loadConfig({})).toEqual({
      ok: true,
      config: {
        host: '127.0.0.1',
        port: 3000,
        dataDir: resolve('data'),
        publicUrl: undefined,
        databaseUrl: undefined,
        redisUrl: undefined,
        smtpUrl: undefined,
        mailFrom: 'Parley <parley@localhost>',
        secret: undefined,
        logLevel: 'info',
        rateLimits: true,
      },
    });
  });

  test('takes a variable that is set to nothing for one that is not set', () => {
    expect(loadConfig({ PORT: '', PUBLIC_URL: ' ', LOG_LEVEL: '' })).toEqual(loadConfig({}));
  });

  test('reads what is set', () => {
    const loaded = loadConfig({
      HOST: '::',
      PORT: '0',
      PARLEY_DATA: '/srv/parley',
      PUBLIC_URL: 'https://Chat.example.org/',
      DATABASE_URL: 'postgres://parley:secret@db/parley',
      REDIS_URL: 'rediss://cache:6380',
      SMTP_URL: 'smtps://mail.example.org',
      MAIL_FROM: 'chat@example.org',
      PARLEY_SECRET: 'x'.repeat(32),
      LOG_LEVEL: 'warn',
      RATE_LIMITS: 'off',
    });
    expect(loaded).toEqual({
      ok: true,
      config: {
        host: '::',
        port: 0,
        dataDir: '/srv/parley',
        publicUrl: 'https://chat.example.org',
        databaseUrl: 'postgres://parley:secret@db/parley',
        redisUrl: 'rediss://cache:6380',
        smtpUrl: 'smtps://mail.example.org',
        mailFrom: 'chat@example.org',
        secret: 'x'.repeat(32),
        logLevel: 'warn',
        rateLimits: false,
      },
    });
  });

  test('names every mistake at once', () => {
    const problems = problemsOf({
      HOST: 'my host',
      PORT: '70000',
      PUBLIC_URL: 'https://example.org/chat',
      DATABASE_URL: 'mysql://db/parley',
      REDIS_URL: 'localhost:6379',
      SMTP_URL: 'mail.example.org',
      MAIL_FROM: 'nobody',
      PARLEY_SECRET: 'short',
      LOG_LEVEL: 'loud',
      RATE_LIMITS: 'no',
    });
    expect(Object.keys(problems).sort()).toEqual(
      Object.keys(settings)
        .filter((name) => name !== 'PARLEY_DATA')
        .sort(),
    );
  });

  test.each(['3000x', '-1', '1e3', ' 0x50', '65536', '3.5'])('refuses the port %j', (port) => {
    expect(problemsOf({ PORT: port })).toHaveProperty('PORT');
  });

  test('puts no secret into a message', () => {
    const env = {
      DATABASE_URL: 'mysql://parley:hunter2@db/parley',
      SMTP_URL: 'ftp://user:hunter2@mail',
      REDIS_URL: 'http://:hunter2@cache',
      PARLEY_SECRET: 'hunter2',
    };
    const loaded = loadConfig(env);
    expect(loaded.ok).toBe(false);
    if (!loaded.ok) {
      expect(loaded.problems).toHaveLength(4);
      expect(describeProblems(loaded.problems)).not.toContain('hunter2');
    }
  });
});

describe('.env.example', () => {
  const file = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');

  test('is what config.ts says (if not: npm run build && node scripts/env-example.mjs)', () => {
    expect(file).toBe(envExample());
  });

  test('names every setting', () => {
    for (const name of Object.keys(settings)) expect(file).toMatch(new RegExp(`^#${name}=`, 'm'));
  });
});
