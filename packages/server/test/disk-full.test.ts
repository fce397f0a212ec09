import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SmallDisk } from '../../../chaos/src/processes/disk.ts';
import { type Parley, startParley } from '../src/main.ts';
import { configFor, connectionOf, eventually, ask as query } from './support/backups.ts';
import { PASSWORD } from './support/credentials.ts';
import { testLog } from './support/database.ts';
import { call, registerAt } from './support/server.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const MIB = 1024 * 1024;
/** Incompressible text: a post of it writes as much WAL. */
const noise = () => randomBytes(6_000).toString('base64');
const dir = mkdtempSync(join(tmpdir(), 'parley-disk-'));
const disk = SmallDisk.mount(join(dir, 'disk'), 400);
const whyNot = typeof disk === 'string' ? disk : null;
const small = disk as SmallDisk;
const dataDir = join(dir, 'disk', 'data');

afterAll(() => {
  if (!whyNot) small.unmount();
  rmSync(dir, { recursive: true, force: true });
});

describe.skipIf(whyNot)(`a full disk${whyNot ? ` (skipped: ${whyNot})` : ''}`, () => {
  let parley: Parley;
  let token: string;
  let group: string;
  const asAnn = (method: string, path: string, body?: object) =>
    call(parley.url, method, path, {
      ...(body && { body }),
      headers: { authorization: `Bearer ${token}` },
    });
  const post = (body: string) => asAnn('POST', `/conversations/${group}/messages`, { body });
  const isAccepted = async () => (await post('is there space?')).status === 201;
  const ready = async () => {
    const answer = await fetch(new URL('/health/ready', parley.url));
    return { code: answer.status, ...((await answer.json()) as object) };
  };
  const history = () => asAnn('GET', `/conversations/${group}/messages?limit=50`);
  const ballast = join(dataDir, 'reserve');
  const config = configFor(dataDir, { METRICS_TOKEN: 'a'.repeat(20) });
  const saidByPostgres = () => readFileSync(join(dataDir, 'postgres.log'), 'utf8');
  const postmaster = () =>
    Number.parseInt(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
  const logIn = () =>
    call(parley.url, 'POST', '/auth/login', { body: { login: 'ann', password: PASSWORD } });
  const walSegments = async () =>
    (
      await query<{ n: number }>(
        connectionOf(dataDir),
        `select count(*)::int as n from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'`,
      )
    )[0]?.n;

  beforeAll(async () => {
    parley = await startParley(config, testLog);
    const ann = await registerAt(parley.url, 'ann');
    token = ann.accessToken;
    group = await ann.group('one');
    expect((await post('before')).status).toBe(201);
  });
  afterAll(async () => {
    small.clear();
    await parley.stop();
  });

  test('rejects posts with disk_full and serves reads with 13 MB left, less than a WAL segment', async () => {
    // Only the WAL segment in use exists, so that the next one has to be created.
    expect(await walSegments()).toBeLessThanOrEqual(2);
    small.fill(13 * MIB);

    const statuses = new Set<string>();
    const startedAt = performance.now();
    for (let n = 0; performance.now() - startedAt < 6_000; n++) {
      const bodies = Array.from({ length: 8 }, (_, i) => `${n}-${i} ${noise()}`);
      const answers = await Promise.all([...bodies.map(post), history(), asAnn('GET', '/me')]);
      for (const [i, { status, body }] of answers.entries()) {
        const read = i >= bodies.length;
        statuses.add(`${read ? 'read' : 'post'} ${status}${body?.code ? ` ${body.code}` : ''}`);
      }
      expect((await ready()).code).toBe(200);
    }
    expect([...statuses].filter((s) => s !== 'post 201').sort()).toEqual([
      'post 507 disk_full',
      'read 200',
    ]);
    expect(await ready()).toEqual({ code: 200, status: 'ok', broker: 'standalone', disk: 'full' });
    const metrics = await fetch(new URL('/metrics', parley.url), {
      headers: { authorization: `Bearer ${'a'.repeat(20)}` },
    });
    expect(await metrics.text()).toMatch(/^parley_disk_full 1$/m);
    // Logging in and ending sessions still work: a full disk locks no one out.
    expect((await logIn()).status).toBe(200);
    expect((await asAnn('POST', '/me/sessions/end-others')).status).toBeLessThan(300);
    expect((await asAnn('PATCH', '/me', { displayName: 'Ann' })).body.code).toBe('disk_full');
    expect(saidByPostgres()).not.toMatch(/PANIC|FATAL/);

    small.clear();
    await eventually(isAccepted, 'writes to be accepted again');
    expect(await ready()).toMatchObject({ code: 200, disk: 'ok' });
  });

  test('serves reads from its reserve with no space left at all', async () => {
    await eventually(() => existsSync(ballast), 'the reserve to be written again');
    small.fill();
    await eventually(async () => (await post(noise())).body.code === 'disk_full', 'disk_full');
    for (let n = 0; n < 50; n++) {
      const answers = await Promise.all([history(), post(noise())]);
      expect(answers.map(({ status }) => status)).toEqual([200, 507]);
    }
    // Until the free space is measured, PostgreSQL itself rejects posts.
    await eventually(() => !existsSync(ballast), 'the reserve to be deleted');
    expect(await history()).toMatchObject({ status: 200 });
    expect((await post(noise())).body.code).toBe('disk_full');
    expect((await ready()).code).toBe(200);
    expect(saidByPostgres()).not.toMatch(/PANIC|FATAL/);
  });

  test('starts and serves reads', async () => {
    await parley.stop();
    small.fill(20 * MIB);
    parley = await startParley(config, testLog);
    token = (await logIn()).body.accessToken;
    expect((await history()).status).toBe(200);
    expect((await post('z')).body.code).toBe('disk_full');

    small.clear();
    await eventually(isAccepted, 'writes to be accepted again');
    await eventually(() => existsSync(ballast), 'the reserve to be written again');
  });

  test('recovers a killed database by means of its reserve', async () => {
    for (let n = 0; n < 100; n++) expect((await post(noise())).status).toBe(201);
    small.fill(1 * MIB);
    process.kill(postmaster(), 'SIGKILL');
    await eventually(async () => (await history()).status === 200, 'the database to recover');
    // Until the free space is measured, what fits in the rest of a WAL segment is stored.
    await eventually(async () => (await post('z')).body.code === 'disk_full', 'disk_full');
    expect((await ready()).code).toBe(200);
  });
});
