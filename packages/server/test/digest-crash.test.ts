import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConversationId } from '@parley/protocol';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Child, startServer } from './support/child.ts';
import { endPool, startTestCluster, type TestCluster } from './support/database.ts';
import { registerAt, type User } from './support/server.ts';
import { until } from './support/sink.ts';
import { type EmailSink, startEmailSink } from './support/smtp-server.ts';
import { makeTempDir } from './support/temp-dir.ts';

/** A step between the post of a message and the answer of the SMTP server, at which a node is killed. */
interface Step {
  readonly name: string;
  /** The node kills itself with SIGKILL before this part of a source file. */
  readonly file: string;
  readonly before: string;
  /** Whether the message is not decided yet when the node starts. */
  readonly isUndecided?: boolean;
  /** How many emails the recipient has in the end. */
  readonly emails: number;
}

const STEPS: readonly Step[] = [
  {
    name: 'before the decision is committed',
    file: 'notifications/decide.ts',
    before: 'const more = ranges.filter',
    isUndecided: true,
    emails: 1,
  },
  {
    name: 'after the decision is committed',
    file: 'notifications/decider.ts',
    before: 'return more;',
    isUndecided: true,
    emails: 1,
  },
  {
    name: 'before the email is committed',
    file: 'notifications/digests.ts',
    before:
      "this.#deps.log.debug({ email: id, messages: included.length }, 'missed messages emailed');",
    emails: 1,
  },
  {
    name: 'after the email is committed',
    file: 'notifications/digests.ts',
    before: "if (result === 'stored') this.#deps.emails.wake();",
    emails: 1,
  },
  {
    name: 'after the email is claimed, before it is sent',
    file: 'email/emails.ts',
    before: 'await transport.send({',
    emails: 1,
  },
  {
    name: 'after the SMTP server has accepted the email, before that is committed',
    file: 'email/emails.ts',
    before: "await this.#recordResult(row.id, composed, { kind: 'sent' });",
    emails: 2,
  },
];

let cluster: TestCluster;
let sink: EmailSink;
let pool: pg.Pool;
let dir: string;
let start: (name: string, env?: Record<string, string>) => Child;
const recipients: { user: User; direct: ConversationId }[] = [];

/**
 * Each step has a recipient with one direct message. For each step a node is started that has only that message to tell
 * of, and kills itself there. At the end, one node takes over what all of them have left.
 */
beforeAll(async () => {
  [cluster, sink] = await Promise.all([startTestCluster(), startEmailSink()]);
  const { url: connectionString } = await cluster.fresh();
  pool = new pg.Pool({ connectionString });
  dir = makeTempDir('digest-crash');
  start = (name, env = {}) =>
    startServer({
      DATABASE_URL: connectionString,
      PARLEY_DATA: join(dir, name),
      PARLEY_SECRET: 'the same secret for all nodes of the test',
      SMTP_URL: sink.url,
      EMAIL_FROM: 'Parley <parley@chat.example>',
      VERIFY_EMAIL: 'off',
      PORT: '0',
      RATE_LIMITS: 'off',
      LINK_PREVIEWS: 'off',
      ...env,
    });
  const node = start('first');
  try {
    const url = await node.line();
    const ann = await registerAt(url, 'ann');
    for (const [n, step] of STEPS.entries()) {
      const user = await registerAt(url, `user${n}`);
      const opened = await ann.request('POST', '/conversations/direct', { account: user.id });
      const direct: ConversationId = opened.body.id;
      recipients.push({ user, direct });
      await ann.post(direct, `Killed ${step.name}`);
    }
    await untilCount('from notification_digests where due_at is not null', STEPS.length);
    // The codes that verify the addresses.
    await untilCount('from emails where sent_at is not null', STEPS.length + 1);
  } finally {
    await node.kill();
  }
  await pool.query('update accounts set verified_at = now()');
  await hold();
  for (const [n, step] of STEPS.entries()) {
    await prepare(n, step);
    const killed = start(`killed${n}`, killedAt(step));
    // Null: by a signal.
    expect(await killed.ended, killed.stderr()).toBeNull();
    await hold();
  }
}, 300_000);
afterAll(async () => {
  await endPool(pool);
  await cluster?.stop();
  await sink?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Waits until a query has so many rows. */
const untilCount = (from: string, count: number) =>
  until(
    async () => (await pool.query(`select ${from}`)).rowCount === count,
    `${count} rows ${from}`,
    90_000,
  );

/** Lets nothing be due for the next nodes: emails and looks at accounts wait, and all conversations are decided. */
async function hold(): Promise<void> {
  await pool.query(`update emails set next_try_at = 'infinity' where next_try_at is not null`);
  await pool.query(`update notification_digests set due_at = 'infinity' where due_at is not null`);
  await pool.query(
    `create table if not exists progress as select * from notification_progress where false`,
  );
  await pool.query(
    `insert into progress select p.* from notification_progress p
     join streams s on s.id = p.conversation_id where p.seq < s.last_seq`,
  );
  await pool.query(
    `update notification_progress p set seq = s.last_seq
     from streams s where s.id = p.conversation_id`,
  );
}

/** Leaves the next node one message to decide, or one account to look at. */
async function prepare(n: number, { isUndecided }: Step): Promise<void> {
  const { user, direct } = recipients[n] as (typeof recipients)[number];
  if (!isUndecided) {
    await pool.query('update notification_digests set due_at = now() where account_id = $1', [
      user.id,
    ]);
    return;
  }
  for (const table of ['notification_digests', 'notification_decisions']) {
    await pool.query(`delete from ${table} where account_id = $1`, [user.id]);
  }
  await pool.query('update notification_progress set seq = 0 where conversation_id = $1', [direct]);
}

/** Returns the environment of a node that kills itself at a step. */
function killedAt({ name, file, before }: Step): Record<string, string> {
  const path = fileURLToPath(new URL(`../src/${file}`, import.meta.url));
  const [first, second, ...more] = readFileSync(path, 'utf8').split(before);
  expect([first, second, ...more], `${file} has “${before}” once`).toHaveLength(2);
  const mutant = join(dir, `${name.replaceAll(/\W/g, '-')}.json`);
  const kill = "process.kill(process.pid, 'SIGKILL'); await new Promise(() => undefined);\n";
  writeFileSync(mutant, JSON.stringify({ path, code: `${first}${kill}${before}${second}` }));
  return { PARLEY_MUTANT: mutant };
}

const emailsTo = (user: User) =>
  sink.received.filter(
    ({ to, raw }) => to.includes(`${user.name}@example.org`) && raw.includes('List-Unsubscribe'),
  );

test('what killed nodes were to tell of is emailed by another one: once, or twice if it was accepted before', async () => {
  // Only the SMTP server knows of the one that it has accepted.
  expect(recipients.map(({ user }) => emailsTo(user).length)).toEqual([0, 0, 0, 0, 0, 1]);
  const states = await pool.query(
    `select a.username, exists (select from notification_decisions d where d.account_id = a.id) as decided,
       exists (select from emails e where e.account_id = a.id and e.purpose = 'digest') as stored,
       exists (select from emails e where e.account_id = a.id and e.purpose = 'digest' and e.tries > 0)
         as claimed
     from accounts a where a.username like 'user%' order by a.username`,
  );
  expect(states.rows.map(({ decided, stored, claimed }) => [decided, stored, claimed])).toEqual([
    [false, false, false],
    [true, false, false],
    [true, false, false],
    [true, true, false],
    [true, true, true],
    [true, true, true],
  ]);
  await pool.query(
    `update notification_progress p set seq = b.seq from progress b
     where b.conversation_id = p.conversation_id`,
  );
  const due = async () => {
    await pool.query(
      `update emails set next_try_at = now() where next_try_at = 'infinity' or next_try_at > now() + interval '1 hour'`,
    );
    await pool.query(`update notification_digests set due_at = now() where due_at is not null`);
  };
  await due();
  const node = start('other');
  try {
    await node.line();
    await until(
      async () => {
        // What is decided now is due after the delay of the account.
        await due();
        const { rowCount } = await pool.query(
          `select from notification_deliveries where channel = 'email' and outcome = 'sent'`,
        );
        return rowCount === STEPS.length;
      },
      'all to be sent',
      120_000,
    );
    // Nothing is left, so no more will come.
    await untilCount('from notification_digests where due_at is not null', 0);
    await untilCount('from emails where next_try_at is not null', 0);
  } finally {
    await node.kill();
  }
  expect(recipients.map(({ user }) => emailsTo(user).length)).toEqual(
    STEPS.map(({ emails }) => emails),
  );
  for (const [n, { user }] of recipients.entries()) {
    const [first, second] = emailsTo(user);
    expect(first?.text).toContain(`Killed ${STEPS[n]?.name}`);
    // Email clients recognize the repetition.
    if (second) expect(second.email.messageId).toBe(first?.email.messageId);
  }
  const { rows } = await pool.query(
    `select count(*)::int as count from notification_deliveries where channel = 'email'`,
  );
  expect(rows[0].count).toBe(STEPS.length);
}, 180_000);
