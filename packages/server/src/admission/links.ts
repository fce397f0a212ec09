import { createHash } from 'node:crypto';
import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type LinkId,
  type Refusal,
  refusal,
  streamOfAccount,
} from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import {
  type ConversationCommand,
  type ConversationRequest,
  conversationRule,
  readConversationState,
  runCommand,
} from '../conversations/conversation-rule.ts';
import { joinEvents } from '../conversations/members.ts';
import { authorize } from '../conversations/policy.ts';
import type { Vault } from '../encryption/vault.ts';
import { mayAct } from '../permissions/account-state.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { newEvent, type Rule, type RuleContext } from '../stream/stream-transaction.ts';

/** Commands on group links: anyone with the secret of a link may join its group. */

/** When a link expires and how often it can be used; null: no limit. */
export interface LinkLimits {
  readonly expiresAt: string | null;
  readonly maxUses: number | null;
}

/**
 * Creates a link and returns its secret, of which only a hash is stored. The secret is derived from
 * the command, so that a retry returns the same one.
 */
export async function createGroupLink(
  { append, vault }: { readonly append: Append; readonly vault: Vault },
  r: ConversationRequest,
  limits: LinkLimits,
): Promise<{ outcome: Outcome; token: string }> {
  const of = `${r.actor} ${r.clientId} ${r.conversation}`;
  const token = vault.mac('group link', of).toString('base64url');
  const outcome = await runCommand(append, r, {
    rule: createRule(uuidv7() as LinkId, limits, hashOfToken(token)),
    eventType: 'link.created',
    details: [limits.expiresAt, limits.maxUses],
    alsoLocks: [],
  });
  return { outcome, token };
}

/** Revokes a link. Allowed for its creator and for accounts that may ban. Revoking it again changes nothing. */
export const revokeGroupLink = (
  append: Append,
  r: ConversationRequest,
  link: LinkId,
): Promise<Outcome> =>
  runCommand(append, r, {
    rule: revokeRule(link),
    eventType: 'link.revoked',
    details: [link],
    alsoLocks: [],
  });

/** Joins the group of a link; null if there is no such link. */
export async function joinByLink(
  { append, pool }: { readonly append: Append; readonly pool: pg.Pool },
  r: Omit<ConversationRequest, 'conversation'>,
  token: string,
): Promise<Outcome | null> {
  const { rows } = await pool.query<{ id: LinkId; conversation_id: ConversationId }>({
    name: 'admission-link-of-token',
    text: 'select id, conversation_id from group_links where token_hash = $1',
    values: [hashOfToken(token)],
  });
  const [link] = rows;
  if (!link) return null;
  return runCommand(
    append,
    { ...r, conversation: link.conversation_id },
    {
      rule: joinRule(link.id),
      eventType: 'member.joined',
      details: ['link', link.id],
      alsoLocks: [streamOfAccount(r.actor)],
    },
  );
}

/** Returns the hash under which the secret of a link is stored. */
export const hashOfToken = (token: string): Buffer => createHash('sha256').update(token).digest();

const createRule = (
  link: LinkId,
  { expiresAt, maxUses }: LinkLimits,
  tokenHash: Buffer,
): Rule<ConversationCommand> =>
  conversationRule(
    'add_member',
    async (tx, command) => {
      if (expiresAt !== null && Date.parse(expiresAt) <= Date.parse(tx.at)) {
        return { refuse: refusal('time_passed') };
      }
      const [usable] = await tx.query<{ count: number }>(
        'admission-usable-links',
        `select count(*)::int as count from group_links l
         where l.conversation_id = $1 and ${IS_USABLE}`,
        [command.conversation, tx.at],
      );
      if ((usable?.count ?? 0) >= LIMITS.linksPerGroup)
        return { refuse: refusal('too_many_links') };
      return {
        events: [newEvent(command.stream, 'link.created', { link, expiresAt, maxUses })],
        writes: [
          {
            name: 'admission-token-of-link',
            text: 'update group_links set token_hash = $2 where id = $1',
            values: [link, tokenHash],
          },
        ],
      };
    },
    'create_link',
  );

const revokeRule = (id: LinkId): Rule<ConversationCommand> =>
  conversationRule('revoke_link', async (tx, command, state) => {
    const [link] = await tx.query<{ created_by: AccountId; is_revoked: boolean }>(
      'admission-link',
      `select created_by, revoked_at is not null as is_revoked from group_links
         where id = $1 and conversation_id = $2`,
      [id, command.conversation],
    );
    if (!link) return { refuse: refusal('not_found') };
    if (link.is_revoked) return { unchanged: tx.head(command.stream) };
    const { actorRole, type, minimumRoles } = state;
    const mayRevoke =
      link.created_by === command.actor ||
      authorize(actorRole, type, 'ban', minimumRoles) === 'yes';
    if (!mayRevoke) return { refuse: refusal('forbidden') };
    return { events: [newEvent(command.stream, 'link.revoked', { link: id })] };
  });

/**
 * Checks no policy of the actor, who need not be a member: the link carries its creator’s
 * permission.
 */
const joinRule = (link: LinkId): Rule<ConversationCommand> => ({
  name: 'conversations.join_by_link',
  async decide(tx, command) {
    const { conversation, actor } = command;
    const state = await readConversationState(tx, conversation, actor);
    if (!state || state.isDeleted) return { refuse: refusal('link_expired') };
    if (state.membership) return { unchanged: state.membership.joinedSeq };
    if (state.hasLostAccess || state.isGuest) return { refuse: refusal('forbidden') };
    if (state.isBanned) return { refuse: refusal('banned') };
    const refused = await refusalOfLink(tx, command, link);
    if (refused) return { refuse: refused };
    return { events: joinEvents(conversation, actor, 'member', link) };
  },
});

/** Returns why the actor may not join with a link; null if it may. */
async function refusalOfLink(
  tx: RuleContext,
  { conversation }: ConversationCommand,
  id: LinkId,
): Promise<Refusal | null> {
  const [link] = await tx.query<{ created_by: AccountId }>(
    'admission-usable-link',
    // A used-up link admits no one, not even an account that has used it: it is no longer listed,
    // so no admin could revoke it to keep a removed member out. While its creator is suspended, a
    // link admits no one either.
    `select l.created_by from group_links l join accounts a on a.id = l.created_by and ${mayAct('a')}
     where l.id = $1 and l.conversation_id = $3 and ${IS_USABLE}`,
    [id, tx.at, conversation],
  );
  if (!link) return refusal('link_expired');
  const creator = await readConversationState(tx, conversation, link.created_by);
  if (!creator) return refusal('link_expired');
  const { actorRole, type, minimumRoles, isArchived } = creator;
  const verdict = authorize(actorRole, type, 'add_member', minimumRoles, isArchived);
  if (verdict === 'yes') return null;
  return refusal(verdict === 'conversation_archived' ? verdict : 'link_expired');
}

/** SQL: whether another account may use the link `l`. */
export const IS_USABLE = `(l.revoked_at is null and (l.expires_at is null or l.expires_at > $2)
  and (l.max_uses is null or l.max_uses >
    (select count(*) from group_link_uses u where u.link_id = l.id)))`;
