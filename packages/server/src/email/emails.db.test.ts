import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster, testLog } from '../../test/support/database.ts';
import { type EmailSink, startEmailSink } from '../../test/support/smtp-server.ts';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { Vault } from '../encryption/vault.ts';
import { Emails, retryDelay } from './emails.ts';
import { emailTransport } from './transport.ts';

let cluster: TestCluster;
let sink: EmailSink;
let pool: Pool;
let dataDir: string;
/** The offset of the nodes' clock from the real time, ms. */
let ahead = 0;
const open: Emails[] = [];
beforeAll(async () => {
  [cluster, sink] = await Promise.all([startTestCluster(), startEmailSink()]);
});
afterAll(async () => {
  await cluster.stop();
  await sink.stop();
});
beforeEach(async () => {
  ahead = 0;
  dataDir = makeTempDir('email');
  ({ pool } = await (await cluster.fresh()).open());
});
afterEach(async () => {
  for (const emails of open.splice(0)) await emails.stop();
  sink.forget();
  rmSync(dataDir, { recursive: true, force: true });
});

const vault = new Vault('s'.repeat(40));
const startNode = (smtpUrl: string | null = sink.url) => {
  const transport = emailTransport(
    { smtpUrl: smtpUrl ?? undefined, dataDir, emailFrom: 'Parley <parley@chat.example>' },
    testLog,
  );
  const clock = { now: () => Date.now() + ahead };
  const emails = new Emails({ pool, clock, log: testLog, vault, transport });
  open.push(emails);
  return emails;
};
const email = (recipient: string, more: object = {}) => ({
  purpose: 'verify',
  recipient,
  subject: 'Hello',
  text: 'Some text – with an ü.\n\n.\nAfter a single dot.\n',
  ttlMs: 600_000,
  ...more,
});
const state = async () => {
  const { rows } = await pool.query(
    `select recipient, tries, sent_at is not null as sent, failed_at is not null as failed,
            sealed is null as emptied, last_error
     from emails order by created_at, id`,
  );
  return rows;
};

describe('over SMTP', () => {
  test('delivers an email unchanged and removes its text from the database', async () => {
    const emails = startNode();
    await emails.put(email('ann@example.org'), pool);
    emails.wake();
    const { from, to, email: got, text, raw } = await sink.next('ann@example.org');
    expect([from, to]).toEqual(['parley@chat.example', ['ann@example.org']]);
    expect(text.trim()).toBe('Some text – with an ü.\n\n.\nAfter a single dot.');
    expect(got.from).toMatchObject({ name: 'Parley', address: 'parley@chat.example' });
    expect(raw).toContain('Auto-Submitted: auto-generated');
    await expect.poll(state).toMatchObject([{ sent: true, emptied: true, tries: 1 }]);
  });

  test('sends nothing when the transaction is rolled back', async () => {
    const emails = startNode();
    const client = await pool.connect();
    await client.query('begin');
    await emails.put(email('never@example.org'), client);
    await client.query('rollback');
    client.release();
    await emails.put(email('ann@example.org'), pool);
    emails.wake();
    await sink.next('ann@example.org');
    expect(sink.received.some((m) => m.to.includes('never@example.org'))).toBe(false);
  });

  test('retries after a temporary rejection with the same Message-ID', async () => {
    const emails = startNode();
    sink.refuse(2, 451);
    await emails.put(email('ann@example.org'), pool);
    emails.wake();
    await expect
      .poll(state)
      .toMatchObject([{ sent: false, tries: 1, last_error: expect.stringContaining('Not now') }]);
    ahead += retryDelay(1);
    emails.wake();
    await expect.poll(state).toMatchObject([{ sent: false, tries: 2 }]);
    await expect
      .poll(() => {
        ahead += retryDelay(2);
        emails.wake();
        return state();
      })
      .toMatchObject([{ sent: true }]);
    const { email: got } = await sink.next('ann@example.org');
    const { rows } = await pool.query('select id, tries from emails');
    expect(got.messageId).toBe(`<${rows[0].id}@chat.example>`);
    expect(rows[0].tries).toBe(3);
  });

  test('sends the same Message-ID again when a node died before it recorded the delivery', async () => {
    const emails = startNode();
    await emails.put(email('ann@example.org'), pool);
    emails.wake();
    const first = await sink.next('ann@example.org');
    await expect.poll(state).toMatchObject([{ sent: true }]);
    // The state during delivery: a crash loses the record that the email was sent.
    await pool.query(
      `update emails set sent_at = null, next_try_at = now() - interval '1 second', sealed = $1`,
      [vault.seal('email', 'Some text')],
    );
    startNode().wake();
    const second = await sink.next('ann@example.org');
    expect(second.email.messageId).toBe(first.email.messageId);
  });

  test('fails an email that the SMTP server rejects permanently', async () => {
    const emails = startNode();
    sink.refuse(1, 554);
    await emails.put(email('ann@example.org'), pool);
    emails.wake();
    await expect.poll(state).toMatchObject([{ failed: true, emptied: true, tries: 1 }]);
  });

  test('fails an email that has expired', async () => {
    const emails = startNode('smtp://127.0.0.1:1');
    await emails.put(email('ann@example.org', { ttlMs: 12_000 }), pool);
    emails.wake();
    await expect
      .poll(state)
      .toMatchObject([{ failed: false, tries: 1, last_error: expect.any(String) }]);
    ahead += retryDelay(1);
    emails.wake();
    await expect.poll(state).toMatchObject([{ failed: true, emptied: true, tries: 2 }]);
  });

  test('does not send an email that has expired while the server was down', async () => {
    const emails = startNode();
    const before = sink.received.length;
    await emails.put(email('ann@example.org'), pool);
    ahead = 600_000;
    emails.wake();
    await expect
      .poll(state)
      .toMatchObject([{ failed: true, sent: false, last_error: 'expired before delivery' }]);
    expect(sink.received.length).toBe(before);
  });

  test('leaves an email that a node is sending to it for two minutes', async () => {
    let end: (() => void) | undefined;
    let sendings = 0;
    const transport = {
      kind: 'smtp' as const,
      send: () => {
        sendings++;
        return new Promise<void>((resolve) => {
          end = resolve;
        });
      },
      close: () => undefined,
    };
    const clock = { now: () => Date.now() + ahead };
    const slow = new Emails({ pool, clock, log: testLog, vault, transport });
    open.push(slow);
    await slow.put(email('ann@example.org'), pool);
    slow.wake();
    await expect.poll(() => sendings).toBe(1);
    const { rows } = await pool.query(
      'select extract(epoch from next_try_at - now())::int as seconds from emails',
    );
    expect(Math.abs(rows[0].seconds - 120)).toBeLessThan(30);
    end?.();
    await expect.poll(state).toMatchObject([{ sent: true, tries: 1 }]);
  });

  test('fails an email at once that would expire before its next attempt', async () => {
    const emails = startNode('smtp://127.0.0.1:1');
    await emails.put(email('ann@example.org', { ttlMs: retryDelay(1) / 4 }), pool);
    emails.wake();
    await expect.poll(state).toMatchObject([{ failed: true, emptied: true, tries: 1 }]);
  });

  test('forgets an email after 30 days, unless it is still to be sent', async () => {
    const emails = startNode();
    for (const name of ['sent', 'failed', 'waiting', 'recent']) {
      await emails.put(email(`${name}@example.org`), pool);
    }
    await pool.query(`update emails set next_try_at = null, sent_at = now()
                      where recipient not like 'waiting%'`);
    await pool.query(`update emails set created_at = now() - interval '1 hour'
                      where recipient not like 'recent%'`);
    ahead = 30 * 86_400_000 - 7_200_000;
    await emails.clean();
    expect(await state()).toHaveLength(4);
    ahead += 4_000_000;
    await emails.clean();
    const left = (await state()).map(({ recipient }) => recipient);
    expect(left).toEqual(['waiting@example.org', 'recent@example.org']);
  });

  test('sends each email from one node only', async () => {
    const nodes = [startNode(), startNode()];
    const before = sink.received.length;
    for (let i = 0; i < 20; i++) await nodes[0]?.put(email(`many${i}@example.org`), pool);
    for (const node of nodes) node.wake();
    await expect
      .poll(async () => (await state()).every((m) => m.sent), { timeout: 20_000 })
      .toBe(true);
    expect(sink.received.length - before).toBe(20);
  });

  test('does not let line breaks or lists in names and addresses add headers or recipients', async () => {
    const emails = startNode();
    const subject = 'Ann\r\nBcc: evil@example.org\r\n\r\nhello invites you';
    await emails.put(email('ann@example.org', { subject }), pool);
    await emails.put(email('eve@example.org, mallory@example.org'), pool);
    await emails.put(email('eve@example.org>\r\nRCPT TO:<mallory@example.org'), pool);
    emails.wake();
    const { to, raw, email: got } = await sink.next('ann@example.org');
    expect(to).toEqual(['ann@example.org']);
    expect(raw).not.toMatch(/^bcc:/im);
    expect(got.subject).toContain('Bcc: evil@example.org');
    await expect.poll(async () => (await state()).every((m) => m.tries > 0)).toBe(true);
    await expect.poll(async () => (await state()).filter((m) => m.sent)).toHaveLength(1);
    const receivers = sink.received.flatMap((m) => m.to);
    expect(receivers).not.toContain('evil@example.org');
    expect(receivers).not.toContain('mallory@example.org');
  });

  test('does not send a password to another host unencrypted', async () => {
    const { port } = new URL(sink.url);
    // Resolves to this machine, but is not recognized as a loopback name.
    const emails = startNode(`smtp://user:secret@localhost.localdomain:${port}`);
    await emails.put(email('ann@example.org'), pool);
    emails.wake();
    await expect.poll(state).toMatchObject([{ sent: false, last_error: expect.any(String) }]);
  });
});

describe('without SMTP', () => {
  test('writes each email to a file', async () => {
    const emails = startNode(null);
    expect(emails.kind).toBe('outbox');
    await emails.put(email('ann@example.org'), pool);
    emails.wake();
    await expect.poll(state).toMatchObject([{ sent: true }]);
    const names = readdirSync(join(dataDir, 'outbox'));
    expect(names).toEqual([expect.stringMatching(/-verify-[0-9a-f-]{36}\.eml$/)]);
    const text = readFileSync(join(dataDir, 'outbox', names[0] ?? ''), 'utf8');
    expect(text).toContain('To: ann@example.org');
    expect(text).toContain('Subject: Hello');
  });
});

test('increases the retry delay up to an hour', () => {
  expect([1, 2, 3, 4].map(retryDelay)).toEqual([5_000, 15_000, 45_000, 135_000]);
  expect(retryDelay(40)).toBe(3_600_000);
});
