import type {
  AccountId,
  ConversationId,
  Refusal,
  Seq,
  StreamId,
  Visibility,
} from '@parley/protocol';
import pg from 'pg';
import { registerAccount } from '../../src/accounts/registration/register.ts';
import { type Auditing, AuditLog } from '../../src/audit/audit-log.ts';
import { createGroup, openDirect } from '../../src/conversations/commands.ts';
import { bootstrapEveryone } from '../../src/conversations/everyone.ts';
import { postMessage } from '../../src/messages/commands.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Append, Outcome } from '../../src/stream/append.ts';
import { testLog } from './database.ts';
import { until } from './sink.ts';
import { aClientId, anAppend } from './stream-builders.ts';

/** Builders for tests of the domains: users and conversations, created by the domains’ commands. */

/** Creates an Append on a database, and the default group in it. */
export async function aBootstrappedAppend(pool: pg.Pool): Promise<Append> {
  const append = anAppend(pool);
  await bootstrapEveryone(append);
  return append;
}

/** Writes in the transactions of others only: its own pool is never used. */
export const testAudit: Auditing = {
  log: new AuditLog({ pool: new pg.Pool(), clock: systemClock, log: testLog }),
  address: null,
};

/** Registers a user without the cost of hashing a password. */
export async function aUser(append: Append, name: string): Promise<AccountId> {
  const { account, outcome } = await registerAccount(append, {
    username: name,
    displayName: `${name} Example`,
    email: `${name}@example.org`,
    passwordHash: 'none',
    audit: testAudit,
  });
  stored(outcome);
  return account;
}

/** The request of an actor, with a new id. */
export const asking = (actor: AccountId) => ({ actor, clientId: aClientId() });
/** The request of an actor about a conversation, with a new id. */
export const about = (actor: AccountId, conversation: ConversationId) => ({
  ...asking(actor),
  conversation,
});

/** Creates a group by its first member, with the others in it from the start. */
export async function aRealGroup(
  append: Append,
  [owner, ...members]: readonly [AccountId, ...AccountId[]],
  visibility: Visibility = 'public',
  name = 'a group',
): Promise<ConversationId> {
  return conversationIn(await createGroup(append, asking(owner), { name, visibility, members }));
}

/** Opens the direct conversation of two users. */
export async function aDirect(
  append: Append,
  one: AccountId,
  other: AccountId,
): Promise<ConversationId> {
  return conversationIn(await openDirect(append, asking(one), [other]));
}

/** Posts a message and returns its seq. */
export async function says(
  append: Append,
  actor: AccountId,
  conversation: ConversationId,
  body: string,
): Promise<Seq> {
  return stored(await postMessage(append, about(actor, conversation), body)).seq;
}

/** Returns the stored outcome; throws an error that shows any other outcome. */
export function stored(outcome: Outcome): Extract<Outcome, { kind: 'stored' }> {
  if (outcome.kind === 'stored') return outcome;
  throw new Error(`Not stored: ${JSON.stringify(outcome)}`);
}

/** Returns the conversation in whose stream the event was stored. */
export const conversationIn = (outcome: Outcome): ConversationId =>
  stored(outcome).stream as string as ConversationId;

/** Returns `yes`, or the code of the refusal. */
export const verdict = (outcome: Outcome): 'yes' | 'unknown' | Refusal['code'] =>
  outcome.kind === 'stored' ? 'yes' : outcome.kind === 'refused' ? outcome.refusal.code : 'unknown';

/**
 * Runs commands of an account that wait for the lock of a stream, and suspends the account meanwhile. Returns
 * their outcomes; the suspension is lifted by then.
 */
export async function suspendedMeanwhile(
  pool: pg.Pool,
  account: AccountId,
  stream: StreamId,
  run: () => readonly Promise<Outcome>[],
): Promise<Outcome[]> {
  const holder = await pool.connect();
  const suspend = (ms: number) =>
    pool.query(
      'update accounts set suspended_until = now() + make_interval(secs => $2) where id = $1',
      [account, ms / 1_000],
    );
  try {
    await holder.query('begin');
    await holder.query('select from streams where id = $1 for update', [stream]);
    const outcomes = Promise.all(run());
    await until(async () => {
      const { rows } = await pool.query(
        `select from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    }, 'a command to wait for the stream');
    await suspend(3_600_000);
    await holder.query('commit');
    const found = await outcomes;
    await suspend(0);
    return found;
  } finally {
    holder.release();
  }
}
