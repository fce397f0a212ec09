import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import type { Pool } from 'pg';
import { RefusalError } from '../../http/errors.ts';
import { isInConversation } from '../history/message-sql.ts';
import type { ReadCursors, ReadMove } from './read-cursors.ts';

/**
 * Moves all cursors of an account that have unread messages to the ends of their streams. Returns
 * the moves; conversations that the account leaves meanwhile are skipped.
 *
 * @throws {RefusalError} when a move is refused for another reason; earlier moves remain
 */
export async function readAll(
  pool: Pool,
  cursors: ReadCursors,
  account: AccountId,
): Promise<ReadMove[]> {
  const { rows } = await pool.query<{ id: ConversationId; last_seq: Seq }>({
    name: 'read-cursors-unread',
    text: `
      select m.conversation_id as id, s.last_seq
      from memberships m
      join streams s on s.id = m.conversation_id
      where m.account_id = $1 and m.left_seq is null
        -- With a limit, so that the planner does not join all messages.
        and (select true from messages g
             where g.conversation_id = m.conversation_id and g.seq > m.read_seq
               and g.author_id <> $1 and g.deleted_at is null and ${isInConversation()}
             order by g.seq
             limit 1)`,
    values: [account],
  });
  const moves = await Promise.all(
    rows.map(({ id, last_seq: seq }) => cursors.move(account, id, seq)),
  );
  return moves.flatMap((move) => {
    if (!('refusal' in move)) return [move];
    if (move.refusal.code === 'conversation_not_found') return [];
    throw new RefusalError(move.refusal);
  });
}
