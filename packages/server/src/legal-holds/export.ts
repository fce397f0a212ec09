import type { ConversationId, LegalHold, Seq } from '@parley/protocol';
import type pg from 'pg';
import { refuse } from '../http/errors.ts';
import { timestamp } from '../storage/sql.ts';
import { isMessageCovered } from './coverage/coverage.ts';
import { legalHold } from './queries.ts';

/** Conversations, and events of a conversation, read at a time. */
const PAGE = 200;
/** Seqs of a conversation that one query scans, most of which may not be covered. */
const WINDOW = 5_000;

/**
 * Yields the messages that a legal hold covers as JSON Lines, with one page in memory at a time:
 * the hold, then for each conversation a line about it, followed by the events that posted, edited,
 * hid and deleted its messages, in order. Events of messages that are hidden, or were deleted while
 * the hold was in force, have their original texts. Before each page, `checkAccess` throws if the
 * caller may no longer read it.
 * @throws {RefusalError} legal_hold_not_found, legal_hold_released
 */
export async function* legalHoldExport(
  pool: pg.Pool,
  id: string,
  checkAccess: () => Promise<void>,
): AsyncGenerator<string> {
  const hold = await holdInForce(pool, id);
  yield `${JSON.stringify({ type: 'legal_hold', ...hold })}\n`;
  let after: ConversationId | null = null;
  for (;;) {
    const conversations: HeldConversation[] = await conversationsOf(pool, id, after);
    for (const { line, ...conversation } of conversations) {
      let isFirst = true;
      for await (const lines of eventsOf(pool, id, conversation, checkAccess)) {
        if (isFirst) yield `${line}\n`;
        isFirst = false;
        yield lines;
      }
    }
    const last = conversations.at(-1);
    if (!last || conversations.length < PAGE) return;
    after = last.id;
  }
}

/**
 * Returns a legal hold that may be exported.
 * @throws {RefusalError} legal_hold_not_found, legal_hold_released
 */
export async function holdInForce(pool: pg.Pool, id: string): Promise<LegalHold> {
  const hold = await legalHold(pool, id);
  if (!hold) refuse('legal_hold_not_found');
  if (hold.releasedAt !== null) refuse('legal_hold_released');
  return hold;
}

interface HeldConversation {
  readonly id: ConversationId;
  readonly head: Seq;
  readonly line: string;
}

/** Returns conversations in which the hold may cover messages, after one, in the order of their ids. */
async function conversationsOf(
  pool: pg.Pool,
  hold: string,
  after: ConversationId | null,
): Promise<HeldConversation[]> {
  const { rows } = await pool.query<HeldConversation>({
    name: 'legal-holds-export-conversations',
    text: `select c.id, s.last_seq as head,
             json_build_object(
               'type', 'conversation', 'conversation', c.id, 'kind', c.kind, 'name', c.name,
               'members', case when c.kind = 'direct' then (
                 select json_agg(json_build_object(
                   'account', a.id, 'username', coalesce(n.username, a.username),
                   'displayName', coalesce(n.display_name, a.display_name)) order by a.id)
                 from (select distinct account_id from memberships where conversation_id = c.id) m
                 join accounts a on a.id = m.account_id
                 left join held_names n on n.hold_id = $1 and n.account_id = a.id) end)::text as line
           from conversations c join streams s on s.id = c.id
           where ($2::uuid is null or c.id > $2) and (
             c.id in (select conversation_id from legal_hold_conversations where hold_id = $1)
             or c.id in (
               select m.conversation_id from memberships m
               join legal_hold_accounts t on t.account_id = m.account_id
               where t.hold_id = $1))
           order by c.id limit $3`,
    values: [hold, after, PAGE],
  });
  return rows;
}

async function* eventsOf(
  pool: pg.Pool,
  hold: string,
  { id, head }: Omit<HeldConversation, 'line'>,
  checkAccess: () => Promise<void>,
): AsyncGenerator<string> {
  let after = 0;
  while (after < head) {
    await checkAccess();
    const end = after + WINDOW;
    const { rows } = await pool.query<{ seq: Seq; line: string }>({
      name: 'legal-holds-export-events',
      text: EVENTS,
      values: [hold, id, after, end, PAGE],
    });
    // An export of a hold that is released meanwhile must not look complete: the query finds nothing then.
    await holdInForce(pool, hold);
    if (rows.length > 0) yield rows.map(({ line }) => `${line}\n`).join('');
    after = rows.length < PAGE ? end : (rows.at(-1)?.seq ?? end);
  }
}

const EVENTS = `
  select e.seq, json_build_object(
    'type', e.type, 'conversation', e.stream_id, 'seq', e.seq, 'message', m.seq,
    'at', ${timestamp('e.at')},
    'account', e.actor_id,
    'username', coalesce(n.username, a.username),
    'displayName', coalesce(n.display_name, a.display_name),
    'data', coalesce(k.data, hidden.data, e.data))::text as line
  from legal_holds h
  join events e on e.stream_id = $2 and e.seq > $3 and e.seq <= $4
    and e.type in ('message.posted', 'message.edited', 'message.deleted', 'message.hidden',
                   'message.unhidden')
  join messages m on m.conversation_id = e.stream_id
    and m.seq = case when e.type = 'message.posted' then e.seq else (e.data ->> 'message')::int8 end
    and ${isMessageCovered('h', 'm')}
  left join held_events k on k.hold_id = h.id and k.stream_id = e.stream_id and k.seq = e.seq
  left join lateral (
    select v.data
    from hidden_messages g cross join json_to_recordset(g.events) as v (seq int8, data json)
    where g.conversation_id = e.stream_id and g.message_seq = m.seq and v.seq = e.seq
  ) hidden on true
  left join accounts a on a.id = e.actor_id
  left join held_names n on n.hold_id = h.id and n.account_id = e.actor_id
  where h.id = $1
  order by e.seq limit $5`;
