import { SERVER_SETTINGS_DEFAULTS } from '@parley/protocol';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster, testLog } from '../../test/support/database.ts';
import {
  registerAt,
  startTestServer,
  type TestServer,
  type User,
} from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { type EmailSink, startEmailSink } from '../../test/support/smtp-server.ts';
import { Emails } from '../email/emails.ts';
import { emailTransport } from '../email/transport.ts';
import { recordUndeliverable } from '../email/undeliverable.ts';
import { Vault } from '../encryption/vault.ts';
import { openDatabase } from '../storage/database.ts';
import { Digests } from './digests.ts';

const SECRET = 's'.repeat(40);

let cluster: TestCluster;
let sink: EmailSink;
let server: TestServer;
/** A second node, which the tests trigger. */
let emails: Emails;
let digests: Digests;
let presence: 'active' | 'away' = 'away';
const settings = { current: SERVER_SETTINGS_DEFAULTS };
let made = 0;
let pool: pg.Pool;
let closeDatabase: (() => Promise<void>) | undefined;
/** The first account. */
let owner: User;
let ann: User;
let bob: User;
let direct: string;

beforeAll(async () => {
  [cluster, sink] = await Promise.all([startTestCluster(), startEmailSink()]);
  server = await startTestServer(cluster, {
    SMTP_URL: sink.url,
    EMAIL_FROM: 'Parley <parley@chat.example>',
    VERIFY_EMAIL: 'off',
    PARLEY_SECRET: SECRET,
  });
  owner = await registerAt(server.url, 'owner');
  // The code that verifies the address.
  await sink.next(addressOf(owner));
  const database = await openDatabase(
    { connectionString: server.pool.options.connectionString ?? '' },
    testLog,
  );
  closeDatabase = database.close;
  const transport = emailTransport(
    { smtpUrl: sink.url, dataDir: '', emailFrom: 'Parley <parley@chat.example>' },
    testLog,
  );
  pool = database.pool;
  const deps = nodeDeps();
  emails = new Emails({ ...deps, transport });
  digests = new Digests({ ...deps, emails, settings, url: server.url });
  digests.usePresence(() => presence);
});
afterAll(async () => {
  await digests?.stop();
  await emails?.stop();
  await closeDatabase?.();
  await server?.stop();
  await sink?.stop();
  await cluster?.stop();
});

const aUser = async (name: string): Promise<User> => {
  const user = await registerAt(server.url, `${name}${made++}`);
  // The code that verifies the address.
  await sink.next(addressOf(user));
  await server.rows(`update accounts set verified_at = now() where id = '${user.id}'`);
  return user;
};
beforeEach(async () => {
  presence = 'away';
  settings.current = SERVER_SETTINGS_DEFAULTS;
  ann = await aUser('ann');
  bob = await aUser('bob');
  direct = (await ann.request('POST', '/conversations/direct', { account: bob.id })).body.id;
});
afterEach(() => sink.forget());

const nodeDeps = () => ({
  pool,
  clock: { now: () => Date.now() },
  log: testLog,
  vault: new Vault(SECRET),
});
const addressOf = (user: User) => `${user.name}@example.org`;
const emailsTo = (user: User) =>
  sink.received.filter((m) => m.to.includes(addressOf(user)) && m.raw.includes('List-Unsubscribe'));
const digestOf = async (user: User) =>
  (await server.rows(`select * from notification_digests where account_id = '${user.id}'`))[0];
/** Waits until the digest of an account is scheduled, and lets the delay end. */
async function away(user: User): Promise<void> {
  await until(async () => (await digestOf(user))?.due_at != null, 'the message to be decided');
  await server.rows(
    `update notification_digests set due_at = now() where account_id = '${user.id}'`,
  );
  digests.wake();
}
/** Waits for an email, while both nodes send what is due. */
const emailTo = async (user: User) => {
  emails.wake();
  return await sink.next(addressOf(user));
};
/** Waits until the account was processed. */
const looked = (user: User) =>
  until(async () => (await digestOf(user))?.due_at === null, 'the look at the account');
const outcomes = (user: User) =>
  server.rows(
    `select message_seq::int as seq, outcome, attempts from notification_deliveries
     where account_id = '${user.id}' and channel = 'email' order by message_seq`,
  );
const post = async (by: User, conversation: string, body: string): Promise<number> =>
  (await by.request('POST', `/conversations/${conversation}/messages`, { body })).body.seq;

describe('emails about missed messages', () => {
  test('list direct messages and mentions in one email, with an unsubscribe link', async () => {
    const named = await bob.request('PATCH', '/me', { displayName: 'Bob Lind' });
    expect(named.status).toBe(200);
    const group = await ann.group('Release <b>1</b>', [bob]);
    const first = await post(ann, direct, 'hello <script>alert(1)</script>');
    const mention = await post(ann, group, `@${bob.name} look`);
    await post(ann, group, 'not for anyone');
    await until(async () => (await outcomesDecided(bob)) === 2, 'both to be decided');
    await away(bob);
    const { email, text, raw } = await sink.next(addressOf(bob));
    expect(email.subject).toBe('You have unread messages');
    expect(text).toContain('hello <script>alert(1)</script>');
    expect(text).toContain('@Bob Lind look');
    expect(text).not.toContain('not for anyone');
    expect(text).toContain(`${server.url}/c/${direct}#message-${first}`);
    expect(text).toContain(`${server.url}/settings/notifications`);
    expect(email.html).toContain('hello &#60;script&#62;alert(1)&#60;/script&#62;');
    expect(email.html).toContain('Release &#60;b&#62;1&#60;/b&#62;');
    expect(email.html).not.toMatch(/<(img|script|link|iframe)/);
    expect(email.references).toContain(`<${direct}.${bob.id}@chat.example>`);
    expect(raw).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click$/m);
    await until(
      async () => (await outcomes(bob)).every((row) => row.outcome === 'sent'),
      'it to be recorded',
    );
    const why = await bob.request('GET', `/notifications/why?conversation=${group}&seq=${mention}`);
    expect(why.body).toMatchObject({
      email: 'unread',
      deliveries: [{ channel: 'email', outcome: 'sent', attempts: 1 }],
    });
    expect(emailsTo(bob)).toHaveLength(1);
    // Ann has missed nothing.
    expect(await digestOf(ann)).toBeUndefined();
  });

  test('leave out messages that were read, deleted or muted, or are no longer visible', async () => {
    const [kept, left] = [await ann.group('kept', [bob]), await ann.group('left', [bob])];
    const read = await post(ann, direct, 'you have read this');
    await post(ann, left, `@${bob.name} you left`);
    const deleted = await post(ann, kept, `@${bob.name} deleted`);
    await until(async () => (await outcomesDecided(bob)) === 3, 'all to be decided');
    await bob.request('POST', `/conversations/${left}/leave`);
    await ann.request('DELETE', `/conversations/${kept}/messages/${deleted}`);
    await bob.request('PUT', `/conversations/${direct}/read`, { seq: read });
    await server.rows(
      `update memberships set read_seq = ${read} where conversation_id = '${direct}' and account_id = '${bob.id}'`,
    );
    await away(bob);
    await looked(bob);
    expect(
      await server.rows(`select from emails where account_id = '${bob.id}' and purpose = 'digest'`),
    ).toEqual([]);
    // The next email has only what was posted afterwards.
    await post(ann, direct, 'and now');
    await away(bob);
    const { email, text } = await sink.next(addressOf(bob));
    expect(email.subject).toBe(`Messages from ${ann.name}`);
    expect(text).toContain('and now');
    expect(text).not.toMatch(/read this|you left|deleted/);
  });

  test('are sent after the longest delay', async () => {
    await bob.request('PATCH', '/me/notifications', { emailDelayMinutes: 1_440 });
    await post(ann, direct, 'a day ago');
    await until(async () => (await outcomesDecided(bob)) === 1, 'it to be decided');
    await server.rows(
      `update notification_decisions set decided_at = now() - interval '1441 minutes'
       where account_id = '${bob.id}'`,
    );
    await server.rows(
      `update notification_digests set since = now() - interval '1441 minutes'
       where account_id = '${bob.id}'`,
    );
    await away(bob);
    expect((await sink.next(addressOf(bob))).text).toContain('a day ago');
  });

  test('leave out messages that were hidden, or whose author was blocked, before they are sent', async () => {
    const cat = await aUser('cat');
    const group = await owner.group('moderated', [ann, bob, cat]);
    const hiddenBefore = await post(ann, group, `@${bob.name} hidden before`);
    const hidden = await post(ann, group, `@${bob.name} hidden later`);
    await post(cat, group, `@${bob.name} from someone blocked`);
    const kept = await post(ann, group, `@${bob.name} kept`);
    await until(async () => (await outcomesDecided(bob)) === 4, 'all to be decided');
    const hide = async (seq: number) => {
      const path = `/conversations/${group}/messages/${seq}/hidden`;
      expect((await owner.request('PUT', path)).status).toBeLessThan(300);
    };
    await hide(hiddenBefore);
    sink.refuse(1, 451);
    await away(bob);
    await until(
      async () => (await outcomes(bob)).filter((row) => row.attempts === 1).length === 3,
      'an attempt',
    );
    await hide(hidden);
    expect((await bob.request('PUT', `/me/blocks/${cat.id}`)).status).toBeLessThan(300);
    await server.rows(`update emails set next_try_at = now() where account_id = '${bob.id}'`);
    const { text, email } = await emailTo(bob);
    expect(text).toContain('You have 1 unread message.');
    expect(text).toContain('kept');
    expect(`${text} ${email.html}`).not.toMatch(/hidden|blocked/);
    await until(
      async () => (await outcomes(bob)).every((row) => row.outcome !== null),
      'it to be recorded',
    );
    expect((await outcomes(bob)).map((row) => [row.seq, row.outcome])).toEqual([
      [hidden, 'message_deleted'],
      [kept - 1, 'blocked'],
      [kept, 'sent'],
    ]);
  });

  test('go to the current address of the account, and not to suspended accounts', async () => {
    sink.refuse(1, 451);
    await post(ann, direct, 'for the new address');
    await away(bob);
    await until(async () => (await outcomes(bob)).some((row) => row.attempts === 1), 'an attempt');
    const address = `new-${bob.name}@example.org`;
    await server.rows(`update accounts set email = '${address}' where id = '${bob.id}'`);
    await server.rows(`update emails set next_try_at = now() where account_id = '${bob.id}'`);
    emails.wake();
    expect((await sink.next(address)).text).toContain('for the new address');
    expect(emailsTo(bob)).toEqual([]);
    const digestsOf = () =>
      server.rows(
        `select recipient from emails where account_id = '${bob.id}' and purpose = 'digest'`,
      );
    await until(
      async () => (await outcomes(bob)).every((row) => row.outcome === 'sent'),
      'it to be recorded',
    );
    expect(await digestsOf()).toEqual([{ recipient: address }]);
    await server.rows(
      `update notification_digests set emailed_at = null where account_id = '${bob.id}'`,
    );
    sink.refuse(1, 451);
    await post(ann, direct, 'for no one');
    await away(bob);
    await until(async () => (await outcomes(bob))[1]?.attempts === 1, 'an attempt');
    await server.rows(
      `update accounts set suspended_until = now() + interval '1 day' where id = '${bob.id}'`,
    );
    await server.rows(`update emails set next_try_at = now() where next_try_at is not null`);
    emails.wake();
    await until(
      async () => (await outcomes(bob))[1]?.outcome === 'not_member',
      'it to be canceled',
    );
    expect(sink.received.filter((m) => m.text.includes('for no one'))).toEqual([]);
    expect(await digestsOf()).toHaveLength(1);
  });

  test('are not sent to an address that was rejected until it is confirmed or changed, and the user sees why', async () => {
    const me = async () => (await bob.request('GET', '/me')).body;
    const address = addressOf(bob);
    const failure = { at: expect.any(String), error: expect.stringContaining('User unknown') };
    /** Processes the account, and returns how many emails were stored for it so far. */
    const look = async (text: string): Promise<number> => {
      await server.rows(
        `update notification_digests set emailed_at = null where account_id = '${bob.id}'`,
      );
      await post(ann, direct, text);
      await away(bob);
      await looked(bob);
      const rows = await server.rows(
        `select from emails where account_id = '${bob.id}' and purpose = 'digest'`,
      );
      return rows.length;
    };
    const recorded = (outcome: string, count: number) =>
      until(
        async () => (await outcomes(bob)).filter((row) => row.outcome === outcome).length === count,
        `${count} ${outcome}`,
      );
    // A rejection of the sender says nothing about the address.
    sink.rejectRecipient(address, '550 5.7.1 Relaying denied');
    expect(await look('relayed')).toBe(1);
    emails.wake();
    await recorded('failed', 1);
    expect((await me()).emailFailure).toBeNull();

    sink.rejectRecipient(address, '550 5.1.1 User unknown');
    expect(await look('one')).toBe(2);
    emails.wake();
    await recorded('failed', 2);
    expect((await me()).emailFailure).toEqual(failure);
    const [{ tries } = {}] = await server.rows(
      `select tries from emails where account_id = '${bob.id}' order by created_at desc limit 1`,
    );
    expect(tries).toBe(1);
    sink.rejectRecipient(address, null);
    expect(await look('two')).toBe(2);

    // A code that arrives confirms the address. That of the registration is forgotten: a new one would have to wait.
    await server.rows(`delete from one_time_secrets where account_id = '${bob.id}'`);
    expect((await bob.request('POST', '/me/verification')).status).toBe(202);
    expect((await me()).emailFailure).toEqual(failure);
    const code = await sink.code(address);
    expect((await bob.request('POST', '/me/verify', { code })).status).toBe(204);
    expect(await me()).toMatchObject({ emailFailure: null, verified: true });
    expect((await bob.request('POST', '/me/verification')).body.code).toBe('already_verified');
    expect(await look('three')).toBe(3);
    // Including what was missed meanwhile.
    await recorded('sent', 2);

    // So does another address.
    sink.rejectRecipient(address, '550 5.1.1 User unknown');
    expect(await look('four')).toBe(4);
    emails.wake();
    await recorded('failed', 3);
    const changed = await owner.request('PATCH', `/admin/accounts/${bob.id}`, {
      email: `other-${address}`,
    });
    expect(changed.status).toBeLessThan(300);
    expect((await me()).emailFailure).toBeNull();
    // An email to the former address may be rejected only now.
    const recordFor = (to: string) => recordUndeliverable(server.pool, bob.id, to, 'User unknown');
    await recordFor(address);
    expect((await me()).emailFailure).toBeNull();
    await recordFor(`other-${address}`);
    expect((await me()).emailFailure).toEqual(failure);
  });

  test('escape what users wrote in headers and HTML, and use the recipient’s time zone', async () => {
    // Names that the API rejects, for instance from a manually edited database.
    const name = 'Eve\r\nBcc: mallory@example.org\r\n\r\n<b onclick="x">"{{count}}';
    await server.pool.query('update accounts set display_name = $1 where id = $2', [name, ann.id]);
    await server.rows(`update accounts set time_zone = 'Asia/Tokyo' where id = '${bob.id}'`);
    const seq = await post(ann, direct, 'hello\n--\nUnsubscribe: https://mallory.example/');
    await server.rows(
      `update messages set posted_at = '2026-01-02T20:00:00Z'
       where conversation_id = '${direct}' and seq = ${seq}`,
    );
    await away(bob);
    const { email, to, raw, text } = await sink.next(addressOf(bob));
    expect(to).toEqual([addressOf(bob)]);
    expect(email.bcc ?? []).toEqual([]);
    expect(raw.slice(0, raw.indexOf('\r\n\r\n'))).not.toMatch(/^Bcc:/im);
    expect(email.subject).toContain('{{count}}');
    expect(email.html).not.toMatch(/<b /);
    expect(text).toContain('3 Jan 2026, 05:00');
    expect(text).not.toMatch(/^Unsubscribe: https:\/\/mallory/m);
  });

  test('are composed when they are sent: a retry contains nothing deleted since', async () => {
    sink.refuse(1, 451);
    const first = await post(ann, direct, 'a secret');
    const second = await post(ann, direct, 'no secret');
    await until(async () => (await outcomesDecided(bob)) === 2, 'both to be decided');
    await away(bob);
    await until(
      async () => (await outcomes(bob)).filter((row) => row.attempts === 1).length === 2,
      'an attempt',
    );
    await ann.request('DELETE', `/conversations/${direct}/messages/${first}`);
    await server.rows(`update emails set next_try_at = now() where account_id = '${bob.id}'`);
    const { text } = await emailTo(bob);
    expect(text).toContain('no secret');
    expect(text).not.toContain('a secret');
    await until(
      async () => (await outcomes(bob)).every((row) => row.outcome !== null),
      'it to be recorded',
    );
    expect(await outcomes(bob)).toEqual([
      { seq: first, outcome: 'message_deleted', attempts: 2 },
      { seq: second, outcome: 'sent', attempts: 2 },
    ]);
  });

  test('fail if their content cannot be decrypted, and others are sent', async () => {
    sink.refuse(1, 451);
    await post(ann, direct, 'before the change of the secret');
    await until(async () => (await outcomesDecided(bob)) === 1, 'it to be decided');
    await away(bob);
    await until(async () => (await outcomes(bob))[0]?.attempts === 1, 'an attempt');
    const sealed = new Vault('t'.repeat(40)).seal('email', '[]').toString('hex');
    await server.rows(
      `update emails set sealed = decode('${sealed}', 'hex'), next_try_at = now()
       where account_id = '${bob.id}' and purpose = 'digest'`,
    );
    await post(bob, direct, 'to the other one');
    await until(async () => (await outcomesDecided(ann)) === 1, 'the other to be decided');
    await away(ann);
    expect((await emailTo(ann)).text).toContain('to the other one');
    await until(async () => (await outcomes(bob))[0]?.outcome !== null, 'it to be recorded');
    expect(
      await server.rows(
        `select outcome, attempts, last_error, due_at from notification_deliveries
         where account_id = '${bob.id}' and channel = 'email'`,
      ),
    ).toEqual([
      {
        outcome: 'failed',
        attempts: 2,
        last_error: 'encrypted with another PARLEY_SECRET',
        due_at: null,
      },
    ]);
  });

  test('wait while a device is in use, and are sent at most every 15 minutes', async () => {
    const peer = server.peer();
    await peer.hello(bob.accessToken);
    presence = 'active';
    await post(ann, direct, 'are you there?');
    await away(bob);
    await until(async () => Number((await digestOf(bob))?.due_at) > Date.now(), 'it to wait');
    expect(await outcomes(bob)).toEqual([]);
    presence = 'away';
    // It was just in use.
    await server.rows(`insert into last_seen (account_id, at) values ('${bob.id}', now())`);
    await away(bob);
    await until(async () => Number((await digestOf(bob))?.due_at) > Date.now(), 'it to wait');
    expect(await outcomes(bob)).toEqual([]);
    await server.rows(
      `update last_seen set at = now() - interval '16 minutes' where account_id = '${bob.id}'`,
    );
    await away(bob);
    await sink.next(addressOf(bob));
    await post(ann, direct, 'once more');
    await until(async () => (await digestOf(bob))?.due_at != null, 'the message to be decided');
    const row = await digestOf(bob);
    expect(Number(row?.due_at) - Number(row?.emailed_at)).toBeGreaterThanOrEqual(15 * 60_000);
  });

  test('are sent once by several nodes, even if one is killed before its commit', async () => {
    for (let n = 0; n < 3; n++) await post(ann, direct, `message ${n}`);
    await until(async () => (await outcomesDecided(bob)) === 3, 'all to be decided');
    const blocker = await server.pool.connect();
    try {
      await blocker.query('begin');
      await blocker.query('lock table emails in access exclusive mode');
      await pool.query(
        `update notification_digests set due_at = now() where account_id = '${bob.id}'`,
      );
      digests.wake();
      await until(async () => {
        // Not in the transaction, which would see the same activity each time.
        const { rowCount } = await pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock' and query like 'insert into emails%'`,
        );
        return rowCount !== 0;
      }, 'a look to wait for its email');
    } finally {
      await blocker.query('rollback');
      blocker.release();
    }
    const nodes = [digests, new Digests({ ...nodeDeps(), emails, settings, url: server.url })];
    for (const node of nodes) {
      node.usePresence(() => 'away');
      node.wake();
    }
    const { text } = await sink.next(addressOf(bob));
    for (let n = 0; n < 3; n++) expect(text).toContain(`message ${n}`);
    await looked(bob);
    await until(
      async () => (await outcomes(bob)).every((row) => row.outcome === 'sent'),
      'it to be recorded',
    );
    // Processed again, as after a crash that lost only that record.
    await server.rows(
      `update notification_digests set due_at = now() where account_id = '${bob.id}'`,
    );
    digests.wake();
    await looked(bob);
    expect(emailsTo(bob)).toHaveLength(1);
    expect(
      await server.rows(`select from emails where account_id = '${bob.id}' and purpose = 'digest'`),
    ).toHaveLength(1);
    await nodes[1]?.stop();
  });

  test('do not show texts if the server is set to leave them out', async () => {
    settings.current = { ...SERVER_SETTINGS_DEFAULTS, emailContent: false };
    const changed = await owner.request('PATCH', '/admin/server-settings', { emailContent: false });
    expect(changed.status).toBe(200);
    await post(ann, direct, 'confidential');
    await away(bob);
    const { email, text } = await sink.next(addressOf(bob));
    expect(text).toContain('You have 1 unread message.');
    expect(`${email.subject} ${text} ${email.html}`).not.toMatch(
      new RegExp(`confidential|${ann.name}`),
    );
    await owner.request('PATCH', '/admin/server-settings', { emailContent: true });
  });

  test('end with one click, without a login, only for the account of the link', async () => {
    await post(ann, direct, 'hello');
    await away(bob);
    const { raw } = await sink.next(addressOf(bob));
    const link = /^List-Unsubscribe:\s*<([^>]+)>/m.exec(raw)?.[1] ?? '';
    const page = await fetch(link);
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringContaining('<form method="post"'),
    ]);
    const delayOf = async (user: User) =>
      (await user.request('GET', '/me/notifications')).body.settings.emailDelayMinutes;
    expect(await delayOf(bob)).toBe(15);
    const click = (url: string) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'List-Unsubscribe=One-Click',
      });
    expect((await click(`${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`)).status).toBe(404);
    expect((await click(`${server.url}/unsubscribe`)).status).toBe(404);
    // The id of another account with this signature.
    const token = Buffer.from(new URL(link).searchParams.get('token') ?? '', 'base64url');
    const forged = Buffer.concat([
      Buffer.from(ann.id.replaceAll('-', ''), 'hex'),
      token.subarray(16),
    ]).toString('base64url');
    expect((await click(`${server.url}/unsubscribe?token=${forged}`)).status).toBe(404);
    // A program that follows all links of an email.
    for (const method of ['GET', 'HEAD']) expect((await fetch(link, { method })).status).toBe(200);
    expect(await delayOf(bob)).toBe(15);
    // That works without a login.
    const suspend = (until: string) =>
      server.rows(`update accounts set suspended_until = ${until} where id = '${bob.id}'`);
    await suspend(`now() + interval '1 day'`);
    expect((await click(link)).status).toBe(200);
    const again = await click(link);
    expect([again.status, await again.text()]).toEqual([
      200,
      expect.stringContaining('<a href="/settings/notifications">Notification settings</a>'),
    ]);
    await suspend('null');
    expect(await delayOf(bob)).toBeNull();
    expect(await delayOf(ann)).toBe(15);
    const seq = await post(ann, direct, 'still there?');
    const why = async () =>
      (await bob.request('GET', `/notifications/why?conversation=${direct}&seq=${seq}`)).body;
    await until(async () => (await why()).decidedAt !== null, 'the message to be decided');
    expect((await why()).email).toBe('turned_off');
    expect((await digestOf(bob))?.due_at).toBeNull();
  });
});

describe('the health of notifications', () => {
  const health = async () => (await owner.request('GET', '/admin/notifications')).body;
  const email = async () =>
    (await health()).channels.find((c: { channel: string }) => c.channel === 'email');

  test('shows queues, failures with reasons, and undecided messages to admins only', async () => {
    expect((await ann.request('GET', '/admin/notifications')).status).toBe(403);
    await server.rows(
      `insert into emails (id, purpose, recipient, subject, created_at, expires_at, next_try_at, last_error, sealed)
       values (gen_random_uuid(), 'verify', 'x@example.org', 'x', now(), now() + interval '1 day',
         now() + interval '1 hour', 'connect ECONNREFUSED 127.0.0.1:25', '')`,
    );
    // Codes that were just sent may still be recorded.
    await until(async () => (await email()).waiting === 1, 'one email to be in the queue');
    expect(await email()).toMatchObject({
      waiting: 1,
      retrying: 1,
      overdue: 0,
      overdueSeconds: 0,
      lastFailure: { reason: 'refused', error: 'connect ECONNREFUSED 127.0.0.1:25' },
    });
    expect((await email()).sent).toBeGreaterThan(0);
    await server.rows(`delete from emails where recipient = 'x@example.org'`);
    const seq = await post(ann, direct, 'hello');
    await until(async () => (await outcomesDecided(bob)) === 1, 'it to be decided');
    await until(async () => (await health()).undecided === 0, 'all to be decided');
    await server.rows(
      `update messages set posted_at = now() - interval '1 hour'
       where conversation_id = '${direct}' and seq = ${seq}`,
    );
    // Until it is decided again, which may happen at any time.
    await until(async () => {
      await server.rows(
        `update notification_progress set seq = ${seq - 1} where conversation_id = '${direct}'`,
      );
      const { undecided, undecidedSeconds } = await health();
      return undecided === 1 && undecidedSeconds >= 3_600;
    }, 'one conversation to be undecided');
  });

  test('counts the newest notifications, however many there are', async () => {
    await server.rows(
      `insert into notification_deliveries
         (account_id, conversation_id, message_seq, channel, outcome, finished_at)
       select '${ann.id}', gen_random_uuid(), n, 'push', 'sent', now()
       from generate_series(1, 10100) n`,
    );
    const { channels } = await health();
    expect(channels.find((c: { channel: string }) => c.channel === 'push')).toMatchObject({
      sent: 10_000,
      failed: 0,
      lastFailure: null,
    });
    await server.rows(`delete from notification_deliveries where account_id = '${ann.id}'`);
  });

  test('sends test emails only to the admin, up to a limit', async () => {
    const send = () => owner.request('POST', '/admin/notifications/test-email');
    expect((await ann.request('POST', '/admin/notifications/test-email')).status).toBe(403);
    const { status, body } = await send();
    expect([status, body]).toEqual([202, { recipient: addressOf(owner) }]);
    expect((await sink.next(addressOf(owner))).email.subject).toBe('Test email from Parley');
    // Concurrently: each is counted.
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async () => (await send()).status),
    );
    expect(statuses.sort()).toEqual([202, 202, 202, 202, 429, 429, 429, 429]);
    expect(
      await server.rows(`select account_id from audit_log where event = 'test_email_sent'`),
    ).toEqual(Array.from({ length: 5 }, () => ({ account_id: owner.id })));
  });
});

/** Returns how many messages an email may list for an account. */
async function outcomesDecided(user: User): Promise<number> {
  const rows = await server.rows(
    `select from notification_decisions where account_id = '${user.id}' and email = 'unread'`,
  );
  return rows.length;
}
