import {
  type AccountId,
  type ConversationId,
  type MemberRole,
  refusal,
  type Seq,
  type StreamId,
  streamOfAccount,
  streamOfConversation,
} from '@parley/protocol';
import type { Append, Outcome } from '../stream/append.ts';
import type { Command, Decision, Rule, StreamTransaction } from '../stream/stream-transaction.ts';
import { type Action, may, type Sort, type Standing } from './policy.ts';

/** Who asks for what conversation, and under which id. */
export interface ConversationRequest {
  readonly actor: AccountId;
  readonly clientId: Command['clientId'];
  readonly conversation: ConversationId;
}

/** A command about a conversation, and about one account if it has a target. */
export interface ConversationCommand extends Command {
  readonly conversation: ConversationId;
  readonly target: AccountId;
  /** The new name, where there is one. */
  readonly name: string;
}

/** What a rule knows of a conversation and of one account in it. */
export interface Place {
  readonly sort: Sort;
  readonly isPublic: boolean;
  readonly name: string | null;
  readonly memberCount: number;
  /** The current stay of the account. */
  readonly stay: { readonly role: MemberRole; readonly joinedSeq: Seq } | null;
  /** The end of its last stay, if that is over. */
  readonly leftSeq: Seq | null;
}

/** An event’s row costs about this much. */
const EVENT_BYTES = 300;

/** Runs a command of the kind that most are: about an existing conversation. */
export function runOn(
  append: Append,
  { actor, clientId, conversation }: ConversationRequest,
  what: {
    rule: Rule<ConversationCommand>;
    makes: Command['makes'];
    target?: AccountId;
    name?: string;
    alsoLocks: readonly StreamId[];
  },
): Promise<Outcome> {
  const command: ConversationCommand = {
    rule: what.rule,
    actor,
    clientId,
    stream: streamOfConversation(conversation),
    alsoLocks: what.alsoLocks,
    makes: what.makes,
    payload: [what.target ?? actor, what.name ?? null],
    bytes: 2 * EVENT_BYTES,
    conversation,
    target: what.target ?? actor,
    name: what.name ?? '',
  };
  return append.run(command);
}

/** A rule that decides one command at a time, after the policy was asked. */
export function ruleFor(
  action: Action,
  decide: (tx: StreamTransaction, command: ConversationCommand, place: Place) => Promise<Decision>,
): Rule<ConversationCommand> {
  return {
    name: `conversations.${action}`,
    bulk: false,
    async decide(tx, [command]) {
      if (!command) return [];
      const place = await readPlace(tx, command.conversation, command.actor);
      if (!place) return [{ refuse: refusal('conversation_not_found') }];
      // To leave once more what one has left changes nothing.
      if (action === 'leave' && !place.stay && place.leftSeq) return [{ unchanged: place.leftSeq }];
      if (place.deleted) return [{ refuse: refusal('conversation_not_found') }];
      const verdict = may(place.standing, place.sort, action);
      if (verdict !== 'yes') return [{ refuse: refusal(verdict) }];
      return [await decide(tx, command, place)];
    },
  };
}

/** The conversation as it stands for the account; null when there is none. */
export async function readPlace(
  tx: StreamTransaction,
  conversation: ConversationId,
  account: AccountId,
): Promise<(Place & { standing: Standing; deleted: boolean }) | null> {
  const [row] = await tx.query<{
    kind: string;
    visibility: string;
    is_everyone: boolean;
    name: string | null;
    member_count: number;
    deleted: boolean;
    runs_server: boolean | null;
    role: MemberRole | null;
    joined_seq: number | null;
    left_seq: number | null;
  }>(
    'conversations-place',
    `select c.kind, c.visibility, c.is_everyone, c.name, c.member_count,
            c.deleted_at is not null as deleted,
            a.role in ('owner', 'admin') as runs_server, m.role, m.joined_seq,
            (select max(p.left_seq) from memberships p
             where p.conversation_id = c.id and p.account_id = $2) as left_seq
     from conversations c
     left join accounts a on a.id = $2
     left join memberships m
       on m.conversation_id = c.id and m.account_id = $2 and m.left_seq is null
     where c.id = $1`,
    [conversation, account],
  );
  if (!row) return null;
  const stay =
    row.role === null ? null : { role: row.role, joinedSeq: (row.joined_seq ?? 0) as Seq };
  const sort = sortOf(row);
  return {
    sort,
    isPublic: row.visibility === 'public',
    name: row.name,
    memberCount: row.member_count,
    stay,
    leftSeq: row.left_seq as Seq | null,
    standing: standingOf(stay?.role, sort, row.runs_server === true),
    deleted: row.deleted,
  };
}

/** Whether there is such an account, and it may be talked to. */
export async function existing(
  tx: StreamTransaction,
  accounts: readonly AccountId[],
): Promise<Set<AccountId>> {
  const rows = await tx.query<{ id: string }>(
    'conversations-existing',
    'select id from accounts where id = any($1::uuid[]) and is_active',
    [accounts],
  );
  const found = new Set(rows.map((r) => r.id as AccountId));
  // An account whose personal stream is not locked by us came to be a moment ago: not for us yet.
  return new Set([...found].filter((id) => tx.has(streamOfAccount(id))));
}

function sortOf(row: { kind: string; visibility: string; is_everyone: boolean }): Sort {
  if (row.kind === 'direct') return 'direct';
  if (row.is_everyone) return 'everyone';
  return row.visibility === 'public' ? 'public' : 'private';
}

function standingOf(role: MemberRole | undefined, sort: Sort, runsServer: boolean): Standing {
  if (!role) return 'outsider';
  if (sort === 'everyone') return runsServer ? 'owner' : 'member';
  return role;
}
