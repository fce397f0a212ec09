import type { AccountId, AccountRole, ConversationId } from '@parley/protocol';
import type pg from 'pg';
import { authorize, conversationType } from '../conversations/policy.ts';
import { conversationFor } from '../conversations/snapshot.ts';
import { refuse } from '../http/errors.ts';
import { minimumRolesOf } from '../minimum-roles.ts';

/**
 * Checks that an account may read the reports of a conversation. The rule that resolves them checks it again in
 * its transaction.
 * @throws {RefusalError}
 */
export async function permitModeration(
  pool: pg.Pool,
  by: { readonly account: AccountId; readonly role: AccountRole },
  conversation: ConversationId,
): Promise<void> {
  if (by.role !== 'member') return;
  const found = (await conversationFor(pool, by.account, conversation)) ?? refuse('not_found');
  const minimumRoles = found.minimumRoles ?? minimumRolesOf(found.visibility, {});
  const verdict = authorize(found.actingRole, conversationType(found), 'ban', minimumRoles);
  if (verdict !== 'yes') refuse(verdict);
}
