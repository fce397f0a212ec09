import { type AccountId, type MessagesFate, refusal, WORKSPACE_STREAM } from '@parley/protocol';
import { CREDENTIAL_TABLES } from '../accounts/verification/prove-address.ts';
import { REPORTED_TEXTS_CLEARED } from '../messages/redaction/reported-texts.ts';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  newEvent,
  type Rule,
  type RuleContext,
  type Statement,
} from '../stream/stream-transaction.ts';
import { AuditNotes } from './audit-notes.ts';
import { type AdminRequest, isLastOwner, readTarget, unchanged } from './commands.ts';
import { mayAdminister } from './policy.ts';

interface DeleteCommand extends Command {
  readonly target: AccountId;
  readonly messages: MessagesFate;
  readonly notes: AuditNotes;
}

/**
 * Deletes an account: the user’s own, or as an admin another one. The transaction removes everything that
 * identifies the user and ends all access, and queues the rest for {@link Erasures}. The last owner
 * of the server cannot be deleted.
 */
export function deleteAccount(
  append: Append,
  r: AdminRequest,
  messages: MessagesFate,
): Promise<Outcome> {
  const command: DeleteCommand = {
    rule: deleteRule,
    actor: r.actor,
    clientId: r.clientId,
    stream: WORKSPACE_STREAM,
    eventType: 'user.deleted',
    payload: [r.target, messages],
    bytes: 300,
    target: r.target,
    messages,
    notes: new AuditNotes(r.audit, { actor: r.actor, account: r.target }),
  };
  return command.notes.logAfter(append.run(command));
}

/** The tables from which all rows of the account are deleted. */
const PERSONAL_TABLES = [
  ...CREDENTIAL_TABLES,
  'emails',
  'drafts',
  'thread_drafts',
  'thread_cursors',
  'reports',
  'undeliverable_addresses',
] as const;

const deleteRule: Rule<DeleteCommand> = {
  name: 'own-data.delete',
  async decide(tx, command) {
    const { actor, target: account, messages } = command;
    const target = await readTarget(tx, account);
    if (actor !== account) {
      const admin = await readTarget(tx, actor);
      const role = admin?.mayAct ? admin.role : 'member';
      const verdict = mayAdminister(role, target?.role ?? 'member', 'delete');
      if (verdict !== 'yes') return { refuse: refusal(verdict) };
    } else if (target && !target.mayAct) return { refuse: refusal('forbidden') };
    if (!target) {
      return actor === account ? unchanged(tx) : { refuse: refusal('account_not_found') };
    }
    if (await isLastOwner(tx, target)) return { refuse: refusal('last_owner') };
    return command.notes.addTo({
      events: [newEvent(WORKSPACE_STREAM, 'user.deleted', { account })],
      writes: [...(await namesHeld(tx, account)), ...erasePrivate(account, messages, tx.at)],
    });
  },
};

/**
 * Returns the statements that keep the names of an account for the legal holds that cover its
 * messages.
 */
async function namesHeld(tx: RuleContext, account: AccountId): Promise<Statement[]> {
  const rows = await tx.query<{ hold: string; username: string; display_name: string }>(
    'own-data-names-to-hold',
    `select h.id as hold, a.username, a.display_name
     from legal_holds h cross join accounts a
     where a.id = $1 and h.released_at is null and (
       exists (select from legal_hold_accounts t
               where t.hold_id = h.id and (t.account_id = $1 or exists (
                 select from memberships p
                 join conversations d on d.id = p.conversation_id and d.kind = 'direct'
                 join memberships q on q.conversation_id = d.id and q.account_id = $1
                 where p.account_id = t.account_id)))
       or exists (select from legal_hold_conversations t
                  join memberships p on p.conversation_id = t.conversation_id
                  where t.hold_id = h.id and p.account_id = $1))
     for share of h`,
    [account],
  );
  if (rows.length === 0) return [];
  return [
    {
      name: 'own-data-hold-names',
      text: `insert into held_names (hold_id, account_id, username, display_name)
             select hold, $2::uuid, username, display_name
             from unnest($1::uuid[], $3::text[], $4::text[]) as n (hold, username, display_name)
             on conflict do nothing`,
      values: [
        rows.map((row) => row.hold),
        account,
        rows.map((row) => row.username),
        rows.map((row) => row.display_name),
      ],
    },
  ];
}

/** Returns the statements that remove what no event contains, and queue the rest of the erasure. */
const erasePrivate = (account: AccountId, messages: MessagesFate, at: string): Statement[] => [
  {
    name: 'own-data-erase',
    text: `update accounts
           set email = null, email_key = null, verified_at = null, password_hash = null,
               first_name = null, last_name = null, phone = null, locale = null, suspension_reason = null,
               role = 'member', access_ends_at = null, deleted_at = $2, credentials_version = credentials_version + 1
           where id = $1`,
    values: [account, at],
  },
  ...PERSONAL_TABLES.map((table) => ({
    name: `own-data-erase-${table}`,
    text: `delete from ${table} where account_id = $1`,
    values: [account],
  })),
  ...(messages === 'delete'
    ? [
        {
          name: 'own-data-erase-reported',
          text: `update reports set ${REPORTED_TEXTS_CLEARED} where author_id = $1`,
          values: [account],
        },
      ]
    : []),
  {
    name: 'own-data-erasure',
    text: 'insert into erasures (account_id, messages, requested_at) values ($1, $2, $3)',
    values: [account, messages, at],
  },
];
