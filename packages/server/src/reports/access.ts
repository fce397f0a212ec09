import type { AccountId, AccountRole, ConversationId, Report } from '@parley/protocol';
import type pg from 'pg';
import { authorize, conversationType } from '../conversations/policy.ts';
import { conversationFor } from '../conversations/snapshot.ts';
import { refuse } from '../http/errors.ts';
import { isServerAdmin, minimumRolesOf } from '../permissions/minimum-roles.ts';
import type { PolicyVerdict } from '../permissions/policy-verdict.ts';

/** The reader of reports, with its role at the time of the request. */
export interface Reader {
  readonly account: AccountId;
  readonly role: AccountRole;
}

/**
 * Checks that an account may read the reports of a conversation. The rule that resolves them checks it again in
 * its transaction.
 * @throws {RefusalError}
 */
export async function permitModeration(
  pool: pg.Pool,
  by: Reader,
  conversation: ConversationId,
): Promise<void> {
  const verdict = await verdictOf(pool, by, conversation);
  if (verdict !== 'yes') refuse(verdict);
}

/** Returns whether an account may read the reports of a conversation. */
export async function mayModerate(
  pool: pg.Pool,
  by: Reader,
  conversation: ConversationId,
): Promise<boolean> {
  return (await verdictOf(pool, by, conversation)) === 'yes';
}

/**
 * Returns a report as a reader sees it: only admins of the server learn which entry of the word
 * filter a message contains. Otherwise any member could create a group and probe the list by
 * posting in it.
 */
export function reportFor(by: Pick<Reader, 'role'>, report: Report): Report {
  return !isServerAdmin(by.role) && report.reporter === null ? { ...report, comment: '' } : report;
}

async function verdictOf(
  pool: pg.Pool,
  by: Reader,
  conversation: ConversationId,
): Promise<PolicyVerdict> {
  if (isServerAdmin(by.role)) return 'yes';
  const asMember = await conversationFor(pool, by.account, conversation);
  if (!asMember) return 'not_found';
  const minimumRoles = asMember.minimumRoles ?? minimumRolesOf(asMember.visibility, {});
  return authorize(asMember.actingRole, conversationType(asMember), 'ban', minimumRoles);
}
