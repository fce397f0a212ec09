import {
  type AccountId,
  type ConversationId,
  LIMITS,
  MemberRole,
  type OpenReportsAnswer,
} from '@parley/protocol';
import type pg from 'pg';
import { authorize } from '../conversations/policy.ts';
import { mayAct } from '../permissions/account-state.ts';
import { isAdminRole, isServerAdmin, minimumRolesOf } from '../permissions/minimum-roles.ts';
import type { Logger } from '../runtime/log.ts';
import type { Reader } from './access.ts';

/** Moderators notified at once of changed reports; clients count again every minute anyway. */
const TOLD_MAX = 1_000;

/** The roles of a group that the policy of conversations lets ban, whatever its minimum roles are. */
const MODERATORS = MemberRole.options.filter(
  (role) => authorize(role, 'private', 'ban', minimumRolesOf('private', {})) === 'yes',
);

/** SQL: whether the member `m` of the conversation `c` may read its reports, unless it is a guest of the server. */
const IS_MODERATOR = `m.left_seq is null and m.role in (${MODERATORS.map((role) => `'${role}'`).join(', ')})
  and c.kind = 'group' and not c.is_everyone and c.deleted_at is null`;

interface OpenReportsDeps {
  readonly pool: pg.Pool;
  readonly log: Logger;
}

/** Counts the open reports that an account may read, and reports whose count may have changed. */
export class OpenReports {
  readonly #deps: OpenReportsDeps;
  #onChange: (accounts: readonly AccountId[]) => void = () => undefined;

  constructor(deps: OpenReportsDeps) {
    this.#deps = deps;
  }

  /** Sets what is called with the accounts that may read the reports of a conversation in which some have changed. */
  onChange(listener: (accounts: readonly AccountId[]) => void): void {
    this.#onChange = listener;
  }

  /** Reports of messages of these conversations were made or resolved, and the transaction has ended. */
  changed(conversations: readonly ConversationId[]): void {
    if (conversations.length === 0) return;
    this.#moderatorsOf(conversations).then(
      (accounts) => this.#onChange(accounts),
      (error: unknown) =>
        this.#deps.log.warn({ err: error }, 'moderators not notified of changed reports'),
    );
  }

  /**
   * Counts the open reports that an account may read, up to `limits.openReportsMax`, without those of its own
   * messages.
   */
  async count({ account, role }: Reader): Promise<OpenReportsAnswer> {
    if (role === 'guest') return { open: 0, conversations: [] };
    const { rows } = await this.#deps.pool.query<OpenReportsAnswer['conversations'][number]>({
      name: isServerAdmin(role) ? 'reports-count-all' : 'reports-count-moderated',
      text: `select r.conversation_id as conversation, count(*)::int as open
             from (${isServerAdmin(role) ? ALL : MODERATED} limit $2) r
             group by r.conversation_id
             order by open desc, conversation`,
      values: [account, LIMITS.openReportsMax],
    });
    return { open: rows.reduce((sum, { open }) => sum + open, 0), conversations: rows };
  }

  async #moderatorsOf(conversations: readonly ConversationId[]): Promise<AccountId[]> {
    const { rows } = await this.#deps.pool.query<{ account: AccountId }>({
      name: 'reports-moderators',
      text: `select a.id as account from accounts a where ${isAdminRole('a.role')} and ${mayAct('a')}
             union
             select m.account_id from memberships m
             join conversations c on c.id = m.conversation_id
             where m.conversation_id = any($1::uuid[]) and ${IS_MODERATOR}
             limit $2`,
      values: [conversations, TOLD_MAX],
    });
    return rows.map(({ account }) => account);
  }
}

const ALL = `select conversation_id from reports where resolved_at is null and author_id <> $1`;
const MODERATED = `select r.conversation_id
  from memberships m
  join conversations c on c.id = m.conversation_id
  join reports r on r.conversation_id = m.conversation_id and r.resolved_at is null and r.author_id <> $1
  where m.account_id = $1 and ${IS_MODERATOR}`;
