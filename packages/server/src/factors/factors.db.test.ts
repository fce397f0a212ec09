import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Authenticator } from '../../test/support/authenticator.ts';
import { PASSWORD, totpCode, WITH_SESSION_TOKEN } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import {
  type Answer,
  call,
  loginAt,
  startTestServer,
  type TestServer,
  type User,
} from '../../test/support/server.ts';
import { startEmailSink } from '../../test/support/smtp-server.ts';

let cluster: TestCluster;
let server: TestServer;
let owner: User;
/** The server’s clock is fixed to the middle of a code’s 30 seconds. */
const now = Math.floor(Date.now() / 30_000) * 30_000 + 15_000;
const clock = { now: () => now };
beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster, {}, {}, { clock });
  owner = await server.register('olga');
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

const post = (path: string, body: object, on: TestServer = server) =>
  call(on.url, 'POST', path, { body, headers: WITH_SESSION_TOKEN });
const login = (name: string, on = server) => loginAt(on.url, name);
/** Returns the current code, or one this many steps later. */
const codeOf = (secret: string, step = 0) => totpCode(secret, clock.now() + step * 30_000);
const password = { password: PASSWORD };
/** Returns how many failed logins the audit log has for this reason. */
async function failedLogins(reason: string): Promise<number> {
  const rows = await server.rows(
    `select coalesce(sum(count), 0)::int as sum from audit_log
     where event = 'login_failed' and details->>'reason' = '${reason}'`,
  );
  return rows[0]?.sum as number;
}

/** Registers a user with an authenticator app. */
async function withTotp(name: string) {
  const user = await server.register(name);
  const setup = await user.request('POST', '/me/totp', password);
  expect(setup.status).toBe(200);
  const { secret, uri } = setup.body;
  const confirmed = await user.request('POST', '/me/totp/confirm', { code: codeOf(secret, -1) });
  expect(confirmed.status, JSON.stringify(confirmed.body)).toBe(200);
  return { ...user, secret, uri, codes: confirmed.body.recoveryCodes as string[] };
}

// First: the audit log stores only some failures of an address individually.
test('a failed login with a passkey is in the audit log', async () => {
  const { options } = (await post('/auth/passkey/options', {})).body;
  const { hostname: id } = new URL(server.url);
  const unknown = new Authenticator();
  unknown.create({ challenge: 'x', rp: { id }, user: { id: 'x' } }, server.url);
  const failed = await failedLogins('passkey');
  const response = unknown.get(options, server.url, { rpId: id });
  const answer = await post('/auth/passkey', { challengeId: options.challenge, response });
  expect([answer.status, answer.body.code]).toEqual([401, 'invalid_credentials']);
  expect(await failedLogins('passkey')).toBe(failed + 1);
});

describe('an authenticator app', () => {
  test('is set up with the password and required from then on', async () => {
    const ann = await withTotp('ann');
    expect(ann.uri).toMatch(/^otpauth:\/\/totp\//);
    expect(ann.codes).toHaveLength(10);
    const step = await login('ann');
    expect(step.status).toBe(202);
    expect(step.body).toMatchObject({ step: 'second_factor', methods: ['totp', 'recovery'] });
    expect(step.body).not.toHaveProperty('accessToken');
    expect(step.headers.get('set-cookie')).toBeNull();
    const { ticket } = step.body;
    const answer = await post('/auth/second-factor', { ticket, totp: codeOf(ann.secret) });
    expect(answer.status).toBe(200);
    expect(answer.body.me.id).toBe(ann.id);
    const factors = await ann.request('GET', '/me/second-factor');
    expect(factors.body).toEqual({
      totp: true,
      passkeys: [],
      recoveryCodesLeft: 10,
      required: false,
    });
    const again = await post('/auth/second-factor', { ticket, totp: codeOf(ann.secret, 1) });
    expect(again.body.code).toBe('ticket_expired');
  });

  test('cannot be set up without the password', async () => {
    const kim = await server.register('kim');
    for (const wrong of ['not the password', '', undefined]) {
      const answer = await kim.request('POST', '/me/totp', { password: wrong });
      expect([403, 422], String(wrong)).toContain(answer.status);
    }
    expect((await login('kim')).status).toBe(200);
  });

  test('is not required before it is confirmed', async () => {
    const una = await server.register('una');
    await una.request('POST', '/me/totp', password);
    const wrong = await una.request('POST', '/me/totp/confirm', { code: '000000' });
    expect(wrong.body.code).toBe('incorrect_code');
    expect((await login('una')).status).toBe(200);
  });

  test('accepts each code once, also when it is sent concurrently', async () => {
    const bob = await withTotp('bob');
    const code = codeOf(bob.secret);
    const tickets = await Promise.all([login('bob'), login('bob'), login('bob')]);
    const answers = await Promise.all(
      tickets.map(({ body }) => post('/auth/second-factor', { ticket: body.ticket, totp: code })),
    );
    expect(answers.map((a) => a.status).sort()).toEqual([200, 422, 422]);
    // Codes of earlier steps no longer work either.
    const { body } = await login('bob');
    const before = await post('/auth/second-factor', {
      ticket: body.ticket,
      totp: codeOf(bob.secret, -1),
    });
    expect(before.body.code).toBe('incorrect_code');
  });

  test('allows five attempts for each ticket and a limited number for each account', async () => {
    const limited = await startTestServer(cluster, { RATE_LIMITS: 'on' }, {}, { clock });
    try {
      const eve = await limited.register('eve');
      const { secret } = (await eve.request('POST', '/me/totp', password)).body;
      await eve.request('POST', '/me/totp/confirm', { code: codeOf(secret, -1) });
      const wrong = codeOf(secret) === '123456' ? '654321' : '123456';
      const codes: string[] = [];
      for (let n = 0; n < 4; n++) {
        const { body } = await login('eve', limited);
        // Concurrent attempts do not exceed the limit.
        const answers = await Promise.all(
          Array.from({ length: 6 }, () =>
            post('/auth/second-factor', { ticket: body.ticket, totp: wrong }, limited),
          ),
        );
        codes.push(...answers.map((a: Answer) => a.body.code));
      }
      expect(codes.filter((c) => c === 'incorrect_code').length).toBeLessThanOrEqual(10);
      expect(codes).toContain('ticket_expired');
      expect(codes).toContain('rate_limited');
      const { body } = await login('eve', limited);
      const right = await post(
        '/auth/second-factor',
        { ticket: body.ticket, totp: codeOf(secret) },
        limited,
      );
      expect(right.body.code).toBe('rate_limited');

      // A correct code clears the wrong ones before it.
      const fay = await limited.register('fay');
      const setup = (await fay.request('POST', '/me/totp', password)).body;
      const confirm = async (step: number) =>
        (await fay.request('POST', '/me/totp/confirm', { code: codeOf(setup.secret, step) }))
          .status;
      for (let n = 0; n < 9; n++) expect(await confirm(7)).toBe(422);
      expect(await confirm(-1)).toBe(200);
      for (let n = 0; n < 2; n++) expect(await confirm(7)).toBe(422);
    } finally {
      await limited.stop();
    }
  });

  test('is removed with the password, and its recovery codes with it', async () => {
    const tim = await withTotp('tim');
    expect((await tim.request('POST', '/me/totp/remove', { password: 'wrong wrong' })).status).toBe(
      403,
    );
    expect((await login('tim')).status).toBe(202);
    expect((await tim.request('POST', '/me/totp/remove', password)).status).toBe(204);
    expect((await login('tim')).status).toBe(200);
    expect((await tim.request('GET', '/me/second-factor')).body.recoveryCodesLeft).toBe(0);
  });

  test('cannot be confirmed, nor a passkey added, long after the password was given', async () => {
    const abe = await server.register('abe');
    const { secret } = (await abe.request('POST', '/me/totp', password)).body;
    const options = (await abe.request('POST', '/me/passkeys/options', password)).body;
    const response = new Authenticator().create(options, server.url);
    const at = new Date(clock.now() - 10 * 60_000).toISOString();
    await server.rows(
      `update sessions set authenticated_at = '${at}' where account_id = '${abe.id}'`,
    );
    const confirm = () => abe.request('POST', '/me/totp/confirm', { code: codeOf(secret, -1) });
    expect((await confirm()).body.code).toBe('reauthentication_required');
    const added = await abe.request('POST', '/me/passkeys', { name: 'laptop', response });
    expect(added.body.code).toBe('reauthentication_required');
    expect((await abe.request('GET', '/me/second-factor')).body).toMatchObject({
      totp: false,
      passkeys: [],
    });
    expect((await abe.request('POST', '/me/reauthenticate', password)).status).toBe(204);
    expect((await confirm()).status).toBe(200);
  });

  test('accepts the code of the previous and the next step only', async () => {
    const tom = await server.register('tom');
    const { secret } = (await tom.request('POST', '/me/totp', password)).body;
    const confirm = async (step: number) =>
      (await tom.request('POST', '/me/totp/confirm', { code: codeOf(secret, step) })).status;
    for (const step of [-4, -3, -2, 2, 3, 4]) expect(await confirm(step), `${step}`).toBe(422);
    expect(await confirm(-1)).toBe(200);
    const submit = async (step: number) => {
      const { ticket } = (await login('tom')).body;
      return (await post('/auth/second-factor', { ticket, totp: codeOf(secret, step) })).status;
    };
    for (const step of [-2, 2, 3]) expect(await submit(step), `${step}`).toBe(422);
    expect(await submit(1)).toBe(200);
  });

  test('rejects a secret that was copied from another account in the database', async () => {
    const [una, ulf] = [await withTotp('moved-a'), await withTotp('moved-b')];
    await server.rows(
      `update totps set sealed = (select sealed from totps where account_id = '${una.id}')
       where account_id = '${ulf.id}'`,
    );
    const { ticket } = (await login('moved-b')).body;
    const totp = codeOf(una.secret);
    expect((await post('/auth/second-factor', { ticket, totp })).body.code).toBe('incorrect_code');
  });

  test('cannot be replaced before it is removed', async () => {
    const sue = await withTotp('sue');
    expect((await sue.request('POST', '/me/totp', password)).body.code).toBe(
      'second_factor_exists',
    );
  });
});

test('every change of the factors requires the password', async () => {
  const max = await withTotp('max');
  const before = (await max.request('GET', '/me/second-factor')).body;
  for (const path of [
    '/me/totp',
    '/me/totp/remove',
    '/me/recovery-codes',
    '/me/passkeys/options',
    `/me/passkeys/${max.id}/remove`,
  ]) {
    const answer = await max.request('POST', path, { password: 'not the password' });
    expect([answer.status, answer.body.code], path).toEqual([403, 'incorrect_password']);
  }
  expect((await max.request('GET', '/me/second-factor')).body).toEqual(before);
  const [recoveryCode] = max.codes;
  const { ticket } = (await login('max')).body;
  expect((await post('/auth/second-factor', { ticket, recoveryCode })).status).toBe(200);
});

test('changes to the factors of one account do not affect another', async () => {
  const [ivy, joe] = [await withTotp('ivy'), await withTotp('joe')];
  const before = (await joe.request('GET', '/me/second-factor')).body;
  // Each use, renewal and removal is that of one account.
  const { ticket } = (await login('ivy')).body;
  expect((await post('/auth/second-factor', { ticket, totp: codeOf(ivy.secret) })).status).toBe(
    200,
  );
  expect((await ivy.request('POST', '/me/recovery-codes', password)).status).toBe(200);
  expect((await ivy.request('POST', '/me/totp/remove', password)).status).toBe(204);
  expect((await joe.request('GET', '/me/second-factor')).body).toEqual(before);
  const [code] = joe.codes;
  for (const proof of [{ totp: codeOf(joe.secret) }, { recoveryCode: code }]) {
    const step = (await login('joe')).body;
    const answer = await post('/auth/second-factor', { ticket: step.ticket, ...proof });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  }
  // And ivy can start again.
  expect((await ivy.request('POST', '/me/totp', password)).status).toBe(200);
});

describe('a ticket', () => {
  test('is not accepted from a page of another site', async () => {
    const { secret } = await withTotp('ada');
    const { ticket } = (await login('ada')).body;
    const body = { ticket, totp: codeOf(secret) };
    const headers = { ...WITH_SESSION_TOKEN, origin: 'https://evil.example' };
    const foreign = await call(server.url, 'POST', '/auth/second-factor', { body, headers });
    expect(foreign).toMatchObject({ status: 403, body: { code: 'origin_not_allowed' } });
    expect((await post('/auth/second-factor', body)).status).toBe(200);
  });

  test('authorizes only its step: no route, no token, no socket', async () => {
    await withTotp('maxi');
    const { body } = await login('maxi');
    const bearer = { authorization: `Bearer ${body.ticket}` };
    expect((await call(server.url, 'GET', '/me', { headers: bearer })).status).toBe(401);
    expect((await call(server.url, 'POST', '/auth/token', { headers: bearer })).status).toBe(401);
    const peer = server.peer();
    await peer.until(() => peer.ws.readyState === 1, 'open');
    peer.send({ op: 'hello', token: body.ticket });
    expect(await peer.whenClosed()).toBe(4003);
    expect(peer.of('ready')).toEqual([]);
    const enrol = await post('/auth/enrol/totp', { ticket: body.ticket });
    expect(enrol.body.code).toBe('ticket_expired');
  });

  test('has five attempts, the last of which may succeed', async () => {
    const kai = await withTotp('kai');
    const right = codeOf(kai.secret);
    const wrong = right === '123456' ? '654321' : '123456';
    const submit = async (ticket: string, totp: string) => {
      const { status, body } = await post('/auth/second-factor', { ticket, totp });
      return status === 200 ? 'in' : body.code;
    };
    const first = (await login('kai')).body.ticket;
    for (let i = 0; i < 5; i++) expect(await submit(first, wrong)).toBe('incorrect_code');
    expect(await submit(first, right)).toBe('ticket_expired');
    const second = (await login('kai')).body.ticket;
    for (let i = 0; i < 4; i++) expect(await submit(second, wrong)).toBe('incorrect_code');
    expect(await submit(second, right)).toBe('in');
  });

  test('rejects a code of another account', async () => {
    const one = await withTotp('one');
    await withTotp('two');
    const { body } = await login('two');
    const { ticket } = body;
    const failed = await failedLogins('second factor');
    const totp = await post('/auth/second-factor', { ticket, totp: codeOf(one.secret) });
    expect(totp.body.code).toBe('incorrect_code');
    const recovery = await post('/auth/second-factor', { ticket, recoveryCode: one.codes[0] });
    expect(recovery.body.code).toBe('incorrect_code');
    expect(await failedLogins('second factor')).toBe(failed + 2);
  });

  test('ends when the password changes', async () => {
    const pia = await withTotp('pia');
    const { body } = await login('pia');
    await owner.request('POST', `/admin/accounts/${pia.id}/deactivate`);
    const { ticket } = body;
    const answer = await post('/auth/second-factor', { ticket, totp: codeOf(pia.secret) });
    expect(answer.status).toBe(401);
    expect(answer.body).not.toHaveProperty('accessToken');
  });

  test.each([{}, { totp: '123456', recoveryCode: 'x' }, { totp: '12345' }, { totp: 'abcdef' }])(
    'requires one well-formed factor: %j',
    async (wrong) => {
      const answer = await post('/auth/second-factor', { ticket: 'x', ...wrong });
      expect(answer.status).toBe(422);
    },
  );
});

describe('recovery codes', () => {
  test('work once each, in any case, with or without hyphens', async () => {
    const rob = await withTotp('rob');
    const [first = '', second = ''] = rob.codes;
    expect(new Set(rob.codes).size).toBe(10);
    for (const code of [first, second.toUpperCase().replaceAll('-', ' ')]) {
      const { body } = await login('rob');
      const answer = await post('/auth/second-factor', { ticket: body.ticket, recoveryCode: code });
      expect(answer.status).toBe(200);
    }
    const { body } = await login('rob');
    const again = await post('/auth/second-factor', { ticket: body.ticket, recoveryCode: first });
    expect(again.body.code).toBe('incorrect_code');
    expect((await rob.request('GET', '/me/second-factor')).body.recoveryCodesLeft).toBe(8);
    expect((await login('rob')).body.methods).toEqual(['totp', 'recovery']);
    await server.rows(`update recovery_codes set used_at = now() where account_id = '${rob.id}'`);
    expect((await login('rob')).body.methods).toEqual(['totp']);
  });

  test('are replaced with the password; the previous ones stop working', async () => {
    const liv = await withTotp('liv');
    const fresh = await liv.request('POST', '/me/recovery-codes', password);
    expect(fresh.body.recoveryCodes).toHaveLength(10);
    const { body } = await login('liv');
    const old = await post('/auth/second-factor', {
      ticket: body.ticket,
      recoveryCode: liv.codes[0],
    });
    expect(old.body.code).toBe('incorrect_code');
    const none = await (await server.register('nono')).request(
      'POST',
      '/me/recovery-codes',
      password,
    );
    expect(none.body.code).toBe('second_factor_missing');
  });
});

describe('recovery codes in the database', () => {
  const plain = (code: string) =>
    createHash('sha256')
      .update(code.toLowerCase().replace(/[^a-z0-9]/g, ''))
      .digest();

  test('are keyed hashes, so that a copy of the database does not allow guessing', async () => {
    const kit = await withTotp('kit');
    const rows = await server.rows(
      `select code_hash, is_keyed from recovery_codes where account_id = '${kit.id}'`,
    );
    const hashes = rows.map((row) => (row.code_hash as Buffer).toString('hex'));
    for (const code of kit.codes) expect(hashes).not.toContain(plain(code).toString('hex'));
    expect(rows.every((row) => row.is_keyed)).toBe(true);
  });

  test('of earlier versions are converted to keyed hashes at startup and stay valid', async () => {
    const { url, open } = await cluster.fresh();
    const env = { DATABASE_URL: url, PARLEY_SECRET: 'the same secret before and after it' };
    const before = await startTestServer(cluster, env, {}, { clock });
    const ivy = await before.register('ivy');
    const { secret } = (await ivy.request('POST', '/me/totp', password)).body;
    await ivy.request('POST', '/me/totp/confirm', { code: codeOf(secret, -1) });
    await before.stop();
    const { pool } = await open();
    await pool.query('delete from recovery_codes');
    const add = (code: string) =>
      pool.query(
        `insert into recovery_codes (account_id, code_hash, created_at) values ($1, $2, now())`,
        [ivy.id, plain(code)],
      );
    await add('aaaa-bbbb-cccc-dddd');
    const after = await startTestServer(cluster, env, {}, { clock });
    try {
      const { rows } = await pool.query('select code_hash, is_keyed from recovery_codes');
      expect(rows[0].is_keyed).toBe(true);
      expect(rows[0].code_hash).not.toEqual(plain('aaaa-bbbb-cccc-dddd'));
      // One that a node of the earlier version stores meanwhile is valid, too.
      await add('eeee-ffff-gggg-hhhh');
      for (const recoveryCode of ['aaaa-bbbb-cccc-dddd', 'eeee-ffff-gggg-hhhh']) {
        const { ticket } = (await login('ivy', after)).body;
        expect((await post('/auth/second-factor', { ticket, recoveryCode }, after)).status).toBe(
          200,
        );
      }
      // A stored hash does not work as a code.
      const { ticket } = (await login('ivy', after)).body;
      const recoveryCode = (rows[0].code_hash as Buffer).toString('hex').slice(0, 60);
      expect((await post('/auth/second-factor', { ticket, recoveryCode }, after)).status).toBe(422);
    } finally {
      await after.stop();
    }
  });
});

describe('the first proof of an address', () => {
  test('removes all previous credentials: passkey, authenticator app, sessions, tickets', async () => {
    const sink = await startEmailSink();
    const env = { SMTP_URL: sink.url, VERIFY_EMAIL: 'off' };
    const mailing = await startTestServer(cluster, env, {}, { clock });
    try {
      // An attacker registers with the victim's address and keeps other credentials.
      const attacker = await mailing.register('vic');
      await sink.code('vic@example.org');
      const authenticator = new Authenticator();
      const options = await attacker.request('POST', '/me/passkeys/options', password);
      const response = authenticator.create(options.body, mailing.url);
      await attacker.request('POST', '/me/passkeys', { name: 'mine', response });
      const setup = await attacker.request('POST', '/me/totp', password);
      await attacker.request('POST', '/me/totp/confirm', { code: codeOf(setup.body.secret, -1) });
      const ticket = (await login('vic', mailing)).body.ticket;
      await mailing.rows(
        `insert into identities values ('https://idp.example', 'attacker', '${attacker.id}', now(), now())`,
      );
      // The owner proves the address.
      await post('/auth/forgot', { email: 'vic@example.org' }, mailing);
      const token = await sink.token('vic@example.org');
      const next = 'a password of the owner';
      expect((await post('/auth/reset', { token, password: next }, mailing)).status).toBe(204);
      const passkeyLogin = (await post('/auth/passkey/options', {}, mailing)).body;
      const shown = authenticator.get(passkeyLogin.options, mailing.url);
      const { challengeId } = passkeyLogin;
      const stolen = await post('/auth/passkey', { challengeId, response: shown }, mailing);
      expect(stolen.body.code).toBe('invalid_credentials');
      const totp = codeOf(setup.body.secret);
      const step = await post('/auth/second-factor', { ticket, totp }, mailing);
      expect(step.body.code).toBe('ticket_expired');
      expect((await attacker.request('GET', '/me')).status).toBe(401);
      const renew = await call(mailing.url, 'POST', '/auth/token', {
        headers: { authorization: `Bearer ${attacker.sessionToken}` },
      });
      expect(renew.status).toBe(401);
      for (const table of ['totps', 'recovery_codes', 'passkeys', 'identities', 'sessions']) {
        expect(await mailing.rows(`select account_id from ${table}`), table).toEqual([]);
      }
      const owner = await post('/auth/login', { login: 'vic', password: next }, mailing);
      expect(owner.status, JSON.stringify(owner.body)).toBe(200);
      expect(owner.body.me.verified).toBe(true);

      await sink.next('vic@example.org');
      // A later reset is not the first proof: what the owner has added since remains.
      const bearer = { authorization: `Bearer ${owner.body.accessToken}` };
      const mine = await call(mailing.url, 'POST', '/me/totp', {
        body: { password: next },
        headers: bearer,
      });
      const confirmed = await call(mailing.url, 'POST', '/me/totp/confirm', {
        body: { code: codeOf(mine.body.secret, -1) },
        headers: bearer,
      });
      expect(confirmed.status).toBe(200);
      await post('/auth/forgot', { email: 'vic@example.org' }, mailing);
      const second = await sink.token('vic@example.org');
      await post('/auth/reset', { token: second, password: `${next} 2` }, mailing);
      const again = await post('/auth/login', { login: 'vic', password: `${next} 2` }, mailing);
      expect(again.body).toMatchObject({ step: 'second_factor', methods: ['totp', 'recovery'] });
    } finally {
      await mailing.stop();
      await sink.stop();
    }
  });
});

describe('the database', () => {
  test('stores no secret in the clear', async () => {
    const zed = await withTotp('zed');
    const bytes = JSON.stringify(await server.rows('select * from totps'));
    expect(bytes).not.toContain(zed.secret);
    const { rows } = { rows: await server.rows('select sealed from totps') };
    for (const { sealed } of rows) {
      expect((sealed as Buffer).includes(Buffer.from(zed.secret))).toBe(false);
    }
    const codes = JSON.stringify(await server.rows('select * from recovery_codes'));
    for (const code of zed.codes) expect(codes).not.toContain(code);
  });
});

describe('a passkey', () => {
  /** Registers a user with a passkey and the authenticator that holds it. */
  async function withPasskey(name: string) {
    const user = await server.register(name);
    const authenticator = new Authenticator();
    const options = await user.request('POST', '/me/passkeys/options', password);
    expect(options.status, JSON.stringify(options.body)).toBe(200);
    const response = authenticator.create(options.body, server.url);
    const added = await user.request('POST', '/me/passkeys', { name: 'laptop', response });
    expect(added.status, JSON.stringify(added.body)).toBe(201);
    return { ...user, authenticator, passkey: added.body, response };
  }
  const loginOptions = async () => (await post('/auth/passkey/options', {})).body;

  test('is added with the password and logs in by itself', async () => {
    const kay = await withPasskey('kay');
    const other = await withPasskey('kays-sister');
    expect(kay.passkey).toMatchObject({ name: 'laptop', lastUsedAt: null });
    expect(kay.passkey.recoveryCodes).toHaveLength(10);
    const { challengeId, options } = await loginOptions();
    expect(options.allowCredentials ?? []).toEqual([]);
    // There is no password: the passkey must know its user.
    expect(options.userVerification).toBe('required');
    const response = kay.authenticator.get(options, server.url);
    const answer = await post('/auth/passkey', { challengeId, response });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body.me.id).toBe(kay.id);
    const listed = async (user: User) =>
      (await user.request('GET', '/me/second-factor')).body.passkeys;
    expect(await listed(kay)).toEqual([
      { ...kay.passkey, recoveryCodes: undefined, lastUsedAt: new Date(now).toISOString() },
    ]);
    expect(await listed(other)).toMatchObject([{ lastUsedAt: null }]);
    // A challenge works once, so that a recorded response cannot be replayed.
    expect((await post('/auth/passkey', { challengeId, response })).status).toBe(401);
  });

  test('works as the second step of a login with a password', async () => {
    const lee = await withPasskey('lee');
    const { body } = await login('lee');
    expect(body.methods).toEqual(['passkey', 'recovery']);
    const { ticket } = body;
    const options = (await post('/auth/second-factor/passkey-options', { ticket })).body;
    expect(options.allowCredentials).toHaveLength(1);
    expect(options.userVerification).toBe('preferred');
    const passkey = lee.authenticator.get(options, server.url);
    const answer = await post('/auth/second-factor', { ticket, passkey });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  });

  test('of a deactivated account is rejected', async () => {
    const ray = await withPasskey('ray');
    await owner.request('POST', `/admin/accounts/${ray.id}/deactivate`);
    const { challengeId, options } = await loginOptions();
    const response = ray.authenticator.get(options, server.url);
    const answer = await post('/auth/passkey', { challengeId, response });
    expect([answer.status, answer.body.code]).toEqual([401, 'invalid_credentials']);
  });

  test('of another account is rejected as the second step', async () => {
    const moe = await withPasskey('moe');
    await withPasskey('ned');
    const { body } = await login('ned');
    const { ticket } = body;
    const options = (await post('/auth/second-factor/passkey-options', { ticket })).body;
    const passkey = moe.authenticator.get(options, server.url);
    expect((await post('/auth/second-factor', { ticket, passkey })).body.code).toBe(
      'incorrect_code',
    );
  });

  test.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['another site', { rpId: true }],
    ['a counter that went backwards', { counter: 1 }],
    ['an unknown challenge', { challenge: 'A'.repeat(43) }],
    ['a challenge of another purpose', { purpose: true }],
    ['no user verification', { blind: true }],
    ['a signature by another authenticator', { signature: true }],
    ['an unknown passkey', { unknown: true }],
  ])('is rejected with %s', async (what, wrong: Record<string, unknown>) => {
    const name = `pk-${what.replaceAll(' ', '-')}`.slice(0, 32);
    const { authenticator, request } = await withPasskey(name);
    let { options } = await loginOptions();
    // One successful login first, for the counter.
    const good = authenticator.get(options, server.url);
    const first = await post('/auth/passkey', { challengeId: options.challenge, response: good });
    expect(first.status).toBe(200);
    ({ options } = await loginOptions());
    if (typeof wrong.challenge === 'string') options = { ...options, challenge: wrong.challenge };
    if (wrong.purpose) options = (await request('POST', '/me/passkeys/options', password)).body;
    if (wrong.blind) authenticator.verifiesUser = false;
    let signer = authenticator;
    if (wrong.unknown || wrong.rpId) {
      signer = new Authenticator();
      const rp = { id: wrong.rpId ? 'evil.example' : new URL(server.url).hostname };
      signer.create({ challenge: 'x', rp, user: { id: 'x' } }, server.url);
    }
    const origin = typeof wrong.origin === 'string' ? wrong.origin : server.url;
    const response = signer.get(options, origin, {
      rpId: wrong.rpId ? 'evil.example' : new URL(server.url).hostname,
      ...(typeof wrong.counter === 'number' && { counter: wrong.counter }),
    });
    if (wrong.rpId) Object.assign(response, { id: good.id, rawId: good.id });
    if (wrong.signature) {
      response.response.signature = (good.response as Record<string, unknown>).signature;
    }
    const answer = await post('/auth/passkey', { challengeId: options.challenge, response });
    expect([answer.status, answer.body.code]).toEqual([401, 'invalid_credentials']);
  });

  test('created for another challenge or account is not added', async () => {
    const { response } = await withPasskey('ola');
    const pam = await server.register('pam');
    const replayed = await pam.request('POST', '/me/passkeys', { name: 'x', response });
    expect(replayed.body.code).toBe('passkey_rejected');
    const options = await pam.request('POST', '/me/passkeys/options', password);
    const mine = new Authenticator().create(options.body, server.url);
    const qui = await server.register('qui');
    const stolen = await qui.request('POST', '/me/passkeys', { name: 'x', response: mine });
    expect(stolen.body.code).toBe('passkey_rejected');
    const foreign = new Authenticator().create(
      (await pam.request('POST', '/me/passkeys/options', password)).body,
      'https://evil.example',
    );
    const phished = await pam.request('POST', '/me/passkeys', { name: 'x', response: foreign });
    expect(phished.body.code).toBe('passkey_rejected');
    expect((await login('pam')).status).toBe(200);
  });

  test('that is known already is not added to another account', async () => {
    const tom = await withPasskey('tomas');
    const una2 = await server.register('una2');
    const options = await una2.request('POST', '/me/passkeys/options', password);
    const made = new Authenticator().create(options.body, server.url);
    // The attestation is not signed: only the challenge is una2’s.
    const { attestationObject } = tom.response.response;
    const response = {
      ...made,
      id: tom.response.id,
      rawId: tom.response.rawId,
      response: { ...made.response, attestationObject },
    };
    const added = await una2.request('POST', '/me/passkeys', { name: 'mine', response });
    expect(added.body.code).toBe('passkey_rejected');
    expect((await una2.request('GET', '/me/second-factor')).body.passkeys).toEqual([]);
    const { challengeId, options: challenge } = await loginOptions();
    const answer = await post('/auth/passkey', {
      challengeId,
      response: tom.authenticator.get(challenge, server.url),
    });
    expect(answer.body.me.id).toBe(tom.id);
  });

  test('whose response claims to answer no text is rejected', async () => {
    const lia = await withPasskey('lia');
    const clientDataJSON = Buffer.from(JSON.stringify({ challenge: 5 })).toString('base64url');
    const response = { ...lia.response, response: { ...lia.response.response, clientDataJSON } };
    const added = await lia.request('POST', '/me/passkeys', { name: 'x', response });
    expect(added).toMatchObject({ status: 422, body: { code: 'passkey_rejected' } });
  });

  test('besides an app may be on a device that does not verify its user, and keeps the recovery codes', async () => {
    const mia = await withTotp('mia');
    const device = new Authenticator();
    device.verifiesUser = false;
    const options = await mia.request('POST', '/me/passkeys/options', password);
    const response = device.create(options.body, server.url);
    const added = await mia.request('POST', '/me/passkeys', { name: 'key', response });
    expect(added.status, JSON.stringify(added.body)).toBe(201);
    expect(added.body).not.toHaveProperty('recoveryCodes');
    const path = `/me/passkeys/${added.body.id}/remove`;
    expect((await mia.request('POST', path, password)).status).toBe(204);
    const left = (await mia.request('GET', '/me/second-factor')).body;
    expect(left).toMatchObject({ totp: true, passkeys: [], recoveryCodesLeft: 10 });
  });

  test('is removed with the password, by its owner only', async () => {
    const ria = await withPasskey('ria');
    const sam = await withPasskey('sam');
    const path = (id: string) => `/me/passkeys/${id}/remove`;
    expect((await sam.request('POST', path(ria.passkey.id), password)).status).toBe(404);
    expect(
      (await ria.request('POST', path(ria.passkey.id), { password: 'wrong one' })).status,
    ).toBe(403);
    expect((await ria.request('POST', path(ria.passkey.id), password)).status).toBe(204);
    expect((await login('ria')).status).toBe(200);
    const changes = await server.rows(
      `select event, details from audit_log where account_id = '${ria.id}' and event like 'factor%'
       order by id`,
    );
    expect(changes).toEqual([
      { event: 'factor_added', details: { factor: 'passkey' } },
      { event: 'factor_removed', details: { factor: 'passkey' } },
    ]);
  });

  test.each([
    ['no client data', { response: { clientDataJSON: '!!!' } }],
    ['client data that is no JSON', { response: { clientDataJSON: 'AAAA' } }],
    ['client data that is null', { response: { clientDataJSON: 'bnVsbA' } }],
    ['nothing signed', { response: { clientDataJSON: 'e30' } }],
  ])('with %s is rejected with a client error', async (_what, wrong) => {
    const response = { id: 'AAAA', rawId: 'AAAA', type: 'public-key', ...wrong };
    const answer = await post('/auth/passkey', { challengeId: 'x', response });
    expect(answer.status).toBe(401);
  });
});

describe('where a second factor is required', () => {
  test('is set up before the first session', async () => {
    const strict = await startTestServer(cluster, { SECOND_FACTOR: 'everyone' }, {}, { clock });
    try {
      const body = {
        username: 'new',
        displayName: 'New',
        email: 'new@example.org',
        password: PASSWORD,
      };
      const step = await post('/auth/register', body, strict);
      expect(step.status).toBe(202);
      expect(step.body.step).toBe('enrol_second_factor');
      const { ticket } = step.body;
      const setup = await post('/auth/enrol/totp', { ticket }, strict);
      expect(setup.status).toBe(200);
      const wrong = await post('/auth/enrol/totp/confirm', { ticket, code: '000000' }, strict);
      expect(wrong.body.code).toBe('incorrect_code');
      const code = codeOf(setup.body.secret, -1);
      const done = await post('/auth/enrol/totp/confirm', { ticket, code }, strict);
      expect(done.status, JSON.stringify(done.body)).toBe(200);
      expect(done.body.recoveryCodes).toHaveLength(10);
      const headers = { authorization: `Bearer ${done.body.accessToken}` };
      expect((await call(strict.url, 'GET', '/me', { headers })).status).toBe(200);
      const last = await call(strict.url, 'POST', '/me/totp/remove', { body: password, headers });
      expect(last.body.code).toBe('second_factor_required');
      expect((await login('new', strict)).body.step).toBe('second_factor');

      // The ticket has been used, and allows five attempts.
      const enroll = async (used: string, digits: string) =>
        (await post('/auth/enrol/totp/confirm', { ticket: used, code: digits }, strict)).body.code;
      expect(await enroll(ticket, code)).toBe('ticket_expired');
      const names = { username: 'next', displayName: 'Next', email: 'next@example.org' };
      const next = (await post('/auth/register', { ...names, password: PASSWORD }, strict)).body;
      const { secret } = (await post('/auth/enrol/totp', { ticket: next.ticket }, strict)).body;
      for (let n = 0; n < 5; n++) {
        expect(await enroll(next.ticket, codeOf(secret, 7))).toBe('incorrect_code');
      }
      expect(await enroll(next.ticket, codeOf(secret))).toBe('ticket_expired');
    } finally {
      await strict.stop();
    }
  });

  test('rejects a session without one over REST, at renewal and at the socket', async () => {
    const strict = await startTestServer(cluster, { SECOND_FACTOR: 'admins' }, {}, { clock });
    try {
      const step = await post(
        '/auth/register',
        { username: 'boss', displayName: 'Boss', email: 'boss@example.org', password: PASSWORD },
        strict,
      );
      expect(step.body.step).toBe('enrol_second_factor');
      const { ticket } = step.body;
      const setup = await post('/auth/enrol/totp', { ticket }, strict);
      const boss = await post(
        '/auth/enrol/totp/confirm',
        { ticket, code: codeOf(setup.body.secret) },
        strict,
      );
      const headers = { authorization: `Bearer ${boss.body.accessToken}` };
      // A member needs none until promoted to admin.
      const mia = await strict.register('mia');
      const peer = strict.peer();
      await peer.hello(mia.accessToken);
      const promoted = await call(strict.url, 'PATCH', `/admin/accounts/${mia.id}`, {
        body: { role: 'admin' },
        headers,
      });
      expect(promoted.status).toBe(200);
      expect((await mia.request('GET', '/me')).status).toBe(401);
      expect(await peer.whenClosed()).toBe(4004);
      const renewed = await call(strict.url, 'POST', '/auth/token', {
        headers: { authorization: `Bearer ${mia.sessionToken}` },
      });
      expect(renewed.status).toBe(401);
      const again = strict.peer();
      await again.until(() => again.ws.readyState === 1, 'open');
      again.send({ op: 'hello', token: mia.accessToken });
      await again.whenClosed();
      expect(again.of('ready')).toEqual([]);
      expect((await login('mia', strict)).body.step).toBe('enrol_second_factor');

      // A session in which one was added continues.
      const [nia, noa] = [await strict.register('nia'), await strict.register('noa')];
      const { secret } = (await nia.request('POST', '/me/totp', password)).body;
      await nia.request('POST', '/me/totp/confirm', { code: codeOf(secret) });
      const options = (await noa.request('POST', '/me/passkeys/options', password)).body;
      const response = new Authenticator().create(options, strict.url);
      await noa.request('POST', '/me/passkeys', { name: 'laptop', response });
      for (const { id, request } of [nia, noa]) {
        const path = `/admin/accounts/${id}`;
        await call(strict.url, 'PATCH', path, { body: { role: 'admin' }, headers });
        expect((await request('GET', '/me')).body).toMatchObject({ id, role: 'admin' });
      }
    } finally {
      await strict.stop();
    }
  });
});

test('an admin resets the second factor of a member, which ends the member’s sessions', async () => {
  const lost = await withTotp('lost');
  const options = (await lost.request('POST', '/me/passkeys/options', password)).body;
  const response = new Authenticator().create(options, server.url);
  const added = await lost.request('POST', '/me/passkeys', { name: 'laptop', response });
  expect(added.status).toBe(201);
  const path = `/admin/accounts/${lost.id}/reset-second-factor`;
  const peer = server.peer();
  await peer.hello(lost.accessToken);
  expect((await lost.request('POST', path)).status).toBe(403);
  const answer = await owner.request('POST', path);
  expect(answer.body.secondFactor).toBe(false);
  expect(await peer.whenClosed()).toBe(4004);
  const { status, body } = await login('lost');
  expect(status).toBe(200);
  const headers = { authorization: `Bearer ${body.accessToken}` };
  expect((await call(server.url, 'GET', '/me/second-factor', { headers })).body).toEqual({
    totp: false,
    passkeys: [],
    recoveryCodesLeft: 0,
    required: false,
  });
  const admin = await server.register('adam');
  await owner.request('PATCH', `/admin/accounts/${admin.id}`, { role: 'admin' });
  const up = await admin.request('POST', `/admin/accounts/${owner.id}/reset-second-factor`);
  expect(up.status).toBe(403);
});
