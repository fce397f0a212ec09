import type { AccountId, ConversationId, PollVotersPage, Seq } from '@parley/protocol';
import type pg from 'pg';

/** Selects a page of the voters of a choice. */
export interface VotersRequest {
  readonly conversation: ConversationId;
  readonly message: Seq;
  /** The index of the choice. */
  readonly choice: number;
  /** The event with the last vote of the previous page. */
  readonly after: Seq | null;
  readonly limit: number;
}

/** Why a request for the voters is refused. */
export type VotersRefusal = 'conversation_not_found' | 'message_not_found' | 'choice_invalid';

/**
 * Returns a page of the accounts that have voted for a choice of a poll, by the order of their
 * votes, to a member. An account that votes again while pages are read moves to the end.
 */
export async function pollVoters(
  pool: pg.Pool,
  account: AccountId,
  { conversation, message, choice, after, limit }: VotersRequest,
): Promise<{ items: PollVotersPage['items']; next: Seq | null } | VotersRefusal> {
  const { rows } = await pool.query<{
    choices: number | null;
    items: (PollVotersPage['items'][number] & { seq: Seq })[];
  }>({
    name: 'polls-voters',
    // One extra row shows whether there are more.
    text: `
      select jsonb_array_length(p.poll -> 'choices') as choices,
        (select coalesce(json_agg(v order by v.seq), '[]')
         from (
           select a.id as account, a.username, a.display_name as "displayName", o.seq
           from poll_votes o
           join accounts a on a.id = o.account_id
           where o.conversation_id = p.conversation_id and o.message_seq = p.message_seq
             and $4 = any(o.choices) and o.seq > $5
           order by o.seq limit $6
         ) v) as items
      from memberships m
      left join message_parts p
        on p.conversation_id = m.conversation_id and p.message_seq = $3 and p.poll is not null
      where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    values: [account, conversation, message, choice, after ?? 0, limit + 1],
  });
  const [row] = rows;
  if (!row) return 'conversation_not_found';
  if (row.choices === null) return 'message_not_found';
  if (choice >= row.choices) return 'choice_invalid';
  const voters = row.items.slice(0, limit);
  const hasMore = row.items.length > voters.length;
  return {
    items: voters.map(({ seq: _seq, ...voter }) => voter),
    next: hasMore ? (voters.at(-1)?.seq ?? null) : null,
  };
}
