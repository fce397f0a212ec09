import type { AccountId, ConversationId, Refusal, Seq, Visibility } from '@parley/protocol';
import pg from 'pg';
import { registerAccount } from '../../src/accounts/registration/register.ts';
import { type Auditing, AuditLog } from '../../src/audit/audit-log.ts';
import { systemClock } from '../../src/clock.ts';
import { createGroup, openDirect } from '../../src/conversations/commands.ts';
import { bootstrapEveryone } from '../../src/conversations/everyone.ts';
import { postMessage } from '../../src/messages/commands.ts';
import type { Append, Outcome } from '../../src/stream/append.ts';
import { testLog } from './database.ts';
import { aClientId, anAppend } from './stream-builders.ts';

/** Builders for tests of the domains: users and conversations, created by the domains’ commands. */

/** Creates an Append on a database, and the group of everyone in it. */
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
