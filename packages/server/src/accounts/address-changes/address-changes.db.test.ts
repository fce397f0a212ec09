import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { aTestApi, registration, type TestApi } from '../../../test/support/api.ts';
import { bearer, PASSWORD, WITH_SESSION_TOKEN } from '../../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../../test/support/database.ts';
import { type EmailSink, startEmailSink } from '../../../test/support/smtp-server.ts';

let cluster: TestCluster;
let sink: EmailSink;
let api: TestApi;
beforeAll(async () => {
  [cluster, sink] = await Promise.all([startTestCluster(), startEmailSink()]);
});
afterAll(async () => {
  await cluster.stop();
  await sink.stop();
});
afterEach(async () => {
  await api.close();
  sink.forget();
});

/** Registers a user, with the emailed code if the server asks for it. */
const enter = async (name: string): Promise<User> => {
  const answer = await api.post('/auth/register', registration(name), WITH_SESSION_TOKEN);
  if (answer.statusCode !== 202) return answer.json();
  const { ticket } = answer.json();
  const code = await sink.code(`${name}@example.org`);
  return (await api.post('/auth/verify', { ticket, code }, WITH_SESSION_TOKEN)).json();
};
/** A server that sends emails, with two users. */
const start = async (settings: Parameters<typeof aTestApi>[1] = {}) => {
  const publicUrl = 'https://chat.example.org';
  api = await aTestApi(await cluster.fresh(), { smtpUrl: sink.url, publicUrl, ...settings });
  const [ann, bob] = [await enter('ann'), await enter('bob')];
  sink.forget();
  return { ann, bob };
};
interface User {
  readonly accessToken: string;
}
const request = (user: User, email: string) =>
  api.post('/me/email', { email }, bearer(user.accessToken));
const confirm = (user: User, code: string) =>
  api.post('/me/email/confirm', { code }, bearer(user.accessToken));
const me = async (user: User) => (await api.get('/api/v1/me', user.accessToken)).json();
const login = (name: string) =>
  api.post('/auth/login', { login: name, password: PASSWORD }, WITH_SESSION_TOKEN);
const wrongFor = (code: string) => (code === '000000' ? '000001' : '000000');
const query = async (sql: string) => (await api.database.pool.query(sql)).rows;

describe('the own email address', () => {
  test('changes with the code that was sent to the new one', async () => {
    const { ann } = await start();
    const answer = await request(ann, 'Ann.New@example.net');
    expect([answer.statusCode, answer.json()]).toEqual([202, { resendAfter: 60 }]);
    const code = await sink.code('Ann.New@example.net');
    // Until then it is the same.
    expect(await me(ann)).toMatchObject({ email: 'ann@example.org' });
    expect((await confirm(ann, wrongFor(code))).json().code).toBe('incorrect_code');
    // A link that was sent to the previous address.
    await api.post('/auth/forgot', { email: 'ann@example.org' });
    const token = await sink.token('ann@example.org');
    sink.forget();

    expect((await confirm(ann, code)).statusCode).toBe(204);
    expect(await me(ann)).toMatchObject({ email: 'Ann.New@example.net', verified: true });
    const notice = await sink.next('ann@example.org');
    expect(notice.email.subject).toBe('The email address of your Parley account was changed');
    expect(notice.text).toContain('Ann.New@example.net');
    const reset = await api.post('/auth/reset/authorize', { token });
    expect(reset.json().code).toBe('link_expired');
    expect((await login('ann@example.org')).statusCode).toBe(401);
    expect((await login('ann.new@example.net')).statusCode).toBe(200);
    // The code works once; the session has continued all along.
    expect((await confirm(ann, code)).json().code).toBe('code_expired');
    expect(await query(`select outcome from audit_log where event = 'email_changed'`)).toEqual([
      { outcome: 'succeeded' },
    ]);
  });

  test('changes once when a code is entered twice at the same time', async () => {
    const { ann } = await start();
    await request(ann, 'new@example.net');
    const code = await sink.code('new@example.net');
    const answers = await Promise.all([1, 2, 3].map(() => confirm(ann, code)));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, 410, 410]);
    expect(await query(`select from audit_log where event = 'email_changed'`)).toHaveLength(1);
  });

  test('is that of the request which came last, and codes of others do not change it', async () => {
    const { ann, bob } = await start();
    await request(ann, 'first@example.net');
    const first = await sink.code('first@example.net');
    await request(ann, 'second@example.net');
    const second = await sink.code('second@example.net');
    expect((await request(ann, 'second@example.net')).json().code).toBe('rate_limited');
    if (first !== second) {
      expect((await confirm(ann, first)).json().code).toBe('incorrect_code');
    }
    expect((await confirm(bob, second)).json().code).toBe('code_expired');
    expect((await confirm(ann, second)).statusCode).toBe(204);
    expect(await me(ann)).toMatchObject({ email: 'second@example.net' });
  });

  test('cannot become that of someone else, who is told, and the answer does not say so', async () => {
    const { ann, bob } = await start();
    const known = await request(ann, 'bob@example.org');
    const unknown = await request(bob, 'free@example.net');
    expect([known.statusCode, known.json()]).toEqual([unknown.statusCode, unknown.json()]);
    const told = await sink.next('bob@example.org');
    expect(told.email.subject).toBe('Someone tried to use your email address');
    expect(told.text).not.toMatch(/\d{6}/);
    // Two users who can read the same address: the first one to enter a code has it.
    await request(ann, 'free@example.net');
    const [ofAnn, ofBob] = [
      await sink.code('free@example.net'),
      await sink.code('free@example.net'),
    ];
    const tries = await Promise.all(
      [ofAnn, ofBob].flatMap((code) => [confirm(ann, code), confirm(bob, code)]),
    );
    expect(tries.filter(({ statusCode }) => statusCode === 204)).toHaveLength(1);
    expect(await query(`select from accounts where email_key = 'free@example.net'`)).toHaveLength(
      1,
    );
  });

  test('needs a recent login, a domain that may register, and few requests', async () => {
    const { ann } = await start({
      registration: { mode: 'domain', domains: ['example.org'] },
      rateLimits: true,
    });
    const refused = await request(ann, 'ann@elsewhere.example');
    expect(refused.json()).toMatchObject({
      code: 'invalid',
      errors: [{ field: 'email', code: 'domain_refused' }],
    });
    expect((await request(ann, 'not an address')).json().errors).toMatchObject([
      { field: 'email' },
    ]);
    for (let n = 0; n < 10; n++) {
      expect((await request(ann, `ann${n}@example.org`)).statusCode).toBe(202);
    }
    expect((await request(ann, 'ann10@example.org')).statusCode).toBe(429);
    await query(`update sessions set authenticated_at = now() - interval '11 minutes'`);
    expect((await request(ann, 'ann11@example.org')).json().code).toBe('reauthentication_required');
  });
});

test('without verification, a taken address is refused at once', async () => {
  const { ann } = await start({ verifyEmail: false });
  const answer = await request(ann, 'bob@example.org');
  expect([answer.statusCode, answer.json()]).toMatchObject([
    409,
    { code: 'email_taken', errors: [{ field: 'email', code: 'email_taken' }] },
  ]);
});
