import { Writable } from 'node:stream';
import type { AccountId, AuditLogPage } from '@parley/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aTestApi } from '../../test/support/api.ts';
import { PASSWORD, totpCode, WITH_SESSION_TOKEN } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import {
  call,
  loginAt,
  startTestServer,
  type TestServer,
  type User,
} from '../../test/support/server.ts';
import { aClientId } from '../../test/support/stream-builders.ts';
import { auditExport, checkExportSize } from '../admin/audit-entries.ts';
import { refuse } from '../http/errors.ts';
import { createLogger } from '../runtime/log.ts';
import { AuditLog } from './audit-log.ts';

let cluster: TestCluster;
let server: TestServer;
let owner: User;
let from: Date;
beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster, { RATE_LIMITS: 'on' });
  owner = await server.register('olga');
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});
beforeEach(() => {
  from = new Date();
});

/** The entries that this test stored, in order. */
const entries = async () => {
  const { rows } = await server.pool.query(
    `select event, outcome, account_id as account, actor_id as actor, address, count, details
     from audit_log where at >= $1 order by id`,
    [from],
  );
  return rows;
};
const named = async () => (await entries()).map(({ event, outcome }) => `${event} ${outcome}`);
const login = (name: string, password?: string) => loginAt(server.url, name, password);

describe('the audit log', () => {
  test('records logins with account, address and outcome', async () => {
    const ann = await server.register('ann');
    await login('ann', 'wrong password here');
    await login('no-such-name', 'wrong password here');
    const { body } = await login('ann');
    await call(server.url, 'POST', '/auth/logout', {
      headers: { authorization: `Bearer ${body.sessionToken}` },
    });
    const all = await entries();
    expect(all.map((e) => [e.event, e.outcome, e.account, e.actor])).toEqual([
      ['account_registered', 'succeeded', ann.id, ann.id],
      ['login_succeeded', 'succeeded', ann.id, ann.id],
      ['login_failed', 'failed', ann.id, null],
      ['login_failed', 'failed', null, null],
      ['login_succeeded', 'succeeded', ann.id, ann.id],
      ['logged_out', 'succeeded', ann.id, ann.id],
    ]);
    expect(new Set(all.map((e) => e.address))).toEqual(new Set(['127.0.0.1']));
    expect(all[4]?.details).toMatchObject({ methods: ['password'] });
    expect(all[2]?.details).toEqual({ reason: 'password' });
    expect(all[3]?.details).toEqual({ reason: 'unknown name' });
    expect(JSON.stringify(all)).not.toMatch(/wrong password|no-such-name|ps_|eyJ/);
  });

  test('records each lockout once', async () => {
    const bob = await server.register('bob');
    from = new Date();
    for (let i = 0; i < 13; i++) await login('bob', 'wrong password here');
    const locked = (await entries()).filter((e) => e.event === 'locked_out');
    expect(locked).toEqual([
      {
        event: 'locked_out',
        outcome: 'denied',
        account: bob.id,
        actor: null,
        address: '127.0.0.1',
        count: 1,
        details: { limit: 'wrongPassword', seconds: 60 },
      },
    ]);
    await owner.request('POST', `/admin/accounts/${bob.id}/unlock`);
    expect((await entries()).at(-1)).toMatchObject({
      event: 'account_unlocked',
      account: bob.id,
      actor: owner.id,
    });
  });

  test('records changes of the user’s own factors, passwords and sessions', async () => {
    const cat = await server.register('cat');
    from = new Date();
    const password = { password: PASSWORD };
    const { secret } = (await cat.request('POST', '/me/totp', password)).body;
    const code = totpCode(secret);
    expect((await cat.request('POST', '/me/totp/confirm', { code })).status).toBe(200);
    await cat.request('POST', '/me/recovery-codes', password);
    const { ticket } = (await login('cat')).body;
    const second = { ticket, recoveryCode: 'none-of-them' };
    await call(server.url, 'POST', '/auth/second-factor', { body: second });
    await cat.request('POST', '/me/totp/remove', { password: 'wrong password' });
    await cat.request('POST', '/me/totp/remove', password);
    const { body } = await login('cat');
    const sessions = (await cat.request('GET', '/me/sessions')).body.items;
    const other = sessions.find((s: { current: boolean }) => !s.current);
    await cat.request('DELETE', `/me/sessions/${other.id}`);
    expect(body.me.id).toBe(cat.id);
    await cat.request('POST', '/me/sessions/end-others');
    const next = { current: PASSWORD, next: 'seven purple walruses' };
    expect((await cat.request('POST', '/me/password', next)).status).toBe(204);
    await call(server.url, 'POST', '/auth/forgot', { body: { email: 'cat@example.org' } });
    expect(await named()).toEqual([
      'reauthenticated succeeded',
      'factor_added succeeded',
      'reauthenticated succeeded',
      'recovery_codes_renewed succeeded',
      'login_failed failed',
      'reauthentication_failed failed',
      'reauthenticated succeeded',
      'factor_removed succeeded',
      'login_succeeded succeeded',
      'session_ended succeeded',
      'sessions_ended succeeded',
      'password_changed succeeded',
      'reset_requested succeeded',
    ]);
    expect((await entries()).every((e) => e.account === cat.id)).toBe(true);
  });

  test('records admin operations, including refused ones', async () => {
    const dan = await server.register('dan');
    const eve = await server.register('eve');
    from = new Date();
    const path = `/admin/accounts/${dan.id}`;
    await owner.request('PATCH', path, { role: 'admin', displayName: 'Dan D.' });
    await owner.request('PATCH', path, { role: 'admin' });
    await eve.request('POST', `${path}/deactivate`);
    await dan.request('POST', `/admin/accounts/${owner.id}/deactivate`);
    await owner.request('PATCH', `/admin/accounts/${owner.id}`, { role: 'member' });
    await owner.request('POST', `/admin/accounts/${eve.id}/end-sessions`);
    await owner.request('POST', `/admin/accounts/${eve.id}/reset-second-factor`);
    await owner.request('POST', `${path}/deactivate`);
    await owner.request('POST', `${path}/deactivate`);
    await owner.request('POST', `${path}/reactivate`);
    const made = await owner.request('POST', '/admin/service-accounts', {
      username: 'robot',
      displayName: 'Robot',
    });
    const keys = `/admin/service-accounts/${made.body.id}/keys`;
    const scopes = ['messages:read'];
    const key = (await owner.request('POST', keys, { name: 'a name', scopes })).body;
    await owner.request('DELETE', `${keys}/${key.id}`);
    await owner.request('DELETE', `${keys}/${key.id}`);
    const invitation = (await owner.request('POST', '/admin/invitations', {})).body;
    await owner.request('DELETE', `/admin/invitations/${invitation.id}`);
    await owner.request('DELETE', path);
    const all = await entries();
    expect(all.map((e) => [e.event, e.outcome, e.account, e.actor])).toEqual([
      ['account_updated', 'succeeded', dan.id, owner.id],
      ['role_changed', 'succeeded', dan.id, owner.id],
      ['admin_denied', 'denied', dan.id, eve.id],
      ['admin_denied', 'denied', owner.id, dan.id],
      ['admin_denied', 'denied', owner.id, owner.id],
      ['sessions_ended', 'succeeded', eve.id, owner.id],
      ['factors_reset', 'succeeded', eve.id, owner.id],
      ['account_deactivated', 'succeeded', dan.id, owner.id],
      ['account_reactivated', 'succeeded', dan.id, owner.id],
      ['account_created', 'succeeded', made.body.id, owner.id],
      ['api_key_created', 'succeeded', made.body.id, owner.id],
      ['api_key_revoked', 'succeeded', made.body.id, owner.id],
      ['invitation_created', 'succeeded', null, owner.id],
      ['invitation_revoked', 'succeeded', null, owner.id],
      ['account_deleted', 'succeeded', dan.id, owner.id],
    ]);
    expect(all.map((e) => e.details)).toMatchObject([
      { fields: ['displayName'] },
      { role: 'admin' },
      { operation: 'deactivateAccount', code: 'forbidden' },
      { operation: 'deactivateAccount', code: 'forbidden' },
      { operation: 'updateAccount', code: 'last_owner' },
      {},
      {},
      {},
      {},
      { role: 'member' },
      { key: key.id, scopes },
      { key: key.id },
      { invitation: invitation.id },
      { invitation: invitation.id },
      {},
    ]);
    const text = JSON.stringify(all);
    for (const secret of [key.key, 'a name', 'Dan D.', invitation.link.split('#')[1]]) {
      expect(text).not.toContain(secret);
    }
  });

  test('rejects updates and the removal of recent entries', async () => {
    for (const statement of ['update audit_log set outcome = outcome', 'delete from audit_log']) {
      await expect(server.pool.query(statement)).rejects.toThrow('append-only');
    }
  });
});

describe('reading the audit log', () => {
  const read = async (query: string) =>
    (await owner.request('GET', `/admin/audit-log?${query}`)).body as AuditLogPage;

  test('filters by event, outcome, account and time', async () => {
    const fay = await server.register('fay');
    await login('fay', 'wrong password here');
    await owner.request('POST', `/admin/accounts/${fay.id}/end-sessions`);
    const events = async (query: string) => (await read(query)).items.map(({ event }) => event);
    const since = `from=${from.toISOString()}`;
    expect(await events(since)).toEqual([
      'sessions_ended',
      'login_failed',
      'login_succeeded',
      'account_registered',
    ]);
    expect(await events(`${since}&event=login_failed`)).toEqual(['login_failed']);
    expect(await events(`${since}&outcome=failed`)).toEqual(['login_failed']);
    expect(await events(`account=${fay.id}`)).toHaveLength(4);
    expect((await read(`account=${fay.id}&limit=4`)).next).toBeNull();
    // From a time on, until before another one.
    const [latest, previous] = (await read(since)).items;
    const times = `from=${previous?.at}&until=${latest?.at}&account=${fay.id}`;
    expect(await events(times)).toEqual([previous?.event]);
    // Also as the actor.
    expect(await events(`${since}&account=${owner.id}`)).toEqual(['sessions_ended']);
    expect(await events(`${since}&until=${from.toISOString()}`)).toEqual([]);
    expect((await read(`${since}&event=sessions_ended`)).items[0]).toMatchObject({
      account: fay.id,
      accountName: 'fay',
      actor: owner.id,
      actorName: 'olga',
      address: '127.0.0.1',
      count: 1,
    });
    const gil = await server.register('gil');
    expect((await gil.request('GET', '/admin/audit-log')).status).toBe(403);
    expect((await owner.request('GET', '/admin/audit-log?event=%27')).status).toBe(422);
  });

  test('returns every entry once in pages, the latest first', async () => {
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const page: AuditLogPage = await read(`limit=7${next === null ? '' : `&after=${next}`}`);
      expect(page.items.length).toBeLessThanOrEqual(7);
      seen.push(...page.items.map(({ id }) => id));
      next = page.next;
    } while (next !== null);
    const { rows } = await server.pool.query('select id from audit_log order by id desc');
    expect(seen).toEqual(rows.map(({ id }) => id));
  });

  test('exports a limited number of entries, as long as the caller may read them', async () => {
    const account = aClientId() as string as AccountId;
    await server.pool.query(
      `insert into audit_log (id, at, event, outcome, account_id, count, details)
       select gen_random_uuid(), now(), 'login_failed', 'failed', $1, 1, '{}'
       from generate_series(1, 1001)`,
      [account],
    );
    const filter = { account };
    await checkExportSize(server.pool, filter, 1_001);
    await expect(checkExportSize(server.pool, filter, 1_000)).rejects.toThrow(/Too many entries/);
    let mayRead = true;
    const checkAccess = async () => {
      if (!mayRead) refuse('unauthenticated');
    };
    const pages = auditExport(server.pool, filter, 'jsonl', checkAccess);
    expect(
      String((await pages.next()).value)
        .trim()
        .split('\n'),
    ).toHaveLength(1_000);
    mayRead = false;
    await expect(pages.next()).rejects.toThrow();
  });

  test('exports the filtered entries as JSON Lines and as CSV, and records the export', async () => {
    const { rows } = await server.pool.query(
      `insert into audit_log (id, at, event, outcome, address, count, details)
       select gen_random_uuid(), now() - interval '1 day', 'reset_requested', 'succeeded', null, 1, '{}'
       from generate_series(1, 2500) returning id`,
    );
    const text = async (format: string) => {
      const response = await fetch(
        `${server.url}/api/v1/admin/audit-log/export?format=${format}&event=reset_requested`,
        { headers: { authorization: `Bearer ${owner.accessToken}` } },
      );
      expect(response.headers.get('content-disposition')).toContain(`audit-log.${format}`);
      return response.text();
    };
    const lines = (await text('jsonl')).trimEnd().split('\n');
    const ids = new Set(lines.map((line) => JSON.parse(line).id));
    expect(rows.every(({ id }) => ids.has(id))).toBe(true);
    const [header, ...csv] = (await text('csv')).trimEnd().split('\r\n');
    expect(header).toMatch(/^id,at,event/);
    expect(csv.map((line) => line.split(',')[0])).toEqual(lines.map((line) => JSON.parse(line).id));
    expect((await named()).filter((line) => line.startsWith('audit_log_exported'))).toHaveLength(2);
  });
});

describe('the security log', () => {
  test('writes one line for each event, without secrets, bounded for unauthenticated callers', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = createLogger(
      'info',
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          lines.push(JSON.parse(chunk.toString()));
          done();
        },
      }),
    );
    const api = await aTestApi(await cluster.fresh(), { log });
    try {
      const { me } = await api.register('ann');
      const password = 'a secret that must not be logged';
      const wrong = { login: 'ann', password };
      for (let i = 0; i < 25; i++) await api.post('/auth/login', wrong, WITH_SESSION_TOKEN);
      expect(lines[0]).toMatchObject({
        level: 'info',
        event: 'account_registered',
        outcome: 'succeeded',
        account: me.id,
        address: '127.0.0.1',
        msg: 'security event',
      });
      const failed = lines.filter((line) => line.event === 'login_failed');
      expect(failed).toHaveLength(20);
      expect(failed[0]).toMatchObject({ level: 'warn', outcome: 'failed', account: me.id });
      expect(JSON.stringify(lines)).not.toContain(password);
      const { pool } = api.database;
      const stored = async () =>
        (await pool.query(`select count from audit_log where event = 'login_failed' order by id`))
          .rows;
      expect(await stored()).toHaveLength(20);
      const { audit } = api.accounts.parts;
      await audit.flush();
      await audit.flush();
      expect((await stored()).at(-1)).toEqual({ count: 5 });
      expect(await stored()).toHaveLength(21);
      expect(lines.at(-1)).toMatchObject({ event: 'login_failed', address: '127.0.0.1', count: 5 });
    } finally {
      await api.close();
    }
  });

  test('counts failed logins by address, whichever accounts are tried', async () => {
    const { pool, close } = await (await cluster.fresh()).open();
    const clock = { now: () => Date.now() };
    const audit = new AuditLog({ pool, clock, log: createLogger('silent') });
    const address = '192.0.2.7';
    for (let n = 0; n < 23; n++) {
      const account = aClientId() as string as AccountId;
      await audit.record({ event: 'login_failed', outcome: 'failed', account, address });
    }
    await audit.stop();
    const { rows } = await pool.query(
      'select count, account_id is null as is_sum, address from audit_log order by id desc limit 2',
    );
    expect(rows).toEqual([
      { count: 3, is_sum: true, address },
      { count: 1, is_sum: false, address },
    ]);
    // A proxy may forward any text as the address.
    await audit.record({ event: 'logged_out', address: 'x'.repeat(65) });
    expect((await pool.query('select max(length(address)) from audit_log')).rows).toEqual([
      { max: 64 },
    ]);
    await close();
  });

  test('keeps entries for half a year, and none for a change that was rolled back', async () => {
    const { pool, close } = await (await cluster.fresh()).open();
    let now = Date.now() - 181 * 86_400_000;
    const audit = new AuditLog({ pool, clock: { now: () => now }, log: createLogger('silent') });
    const address = '192.0.2.1';
    await audit.record({ event: 'logged_out', address });
    now += 2 * 86_400_000;
    await audit.record({ event: 'password_changed', address });
    const note = audit.note({ event: 'password_reset', address });
    const client = await pool.connect();
    await client.query('begin');
    await note.store(client);
    await client.query('rollback');
    client.release();
    now = Date.now();
    await audit.stop();
    const { rows } = await pool.query('select event from audit_log');
    expect(rows).toEqual([{ event: 'password_changed' }]);
    await close();
  });
});
