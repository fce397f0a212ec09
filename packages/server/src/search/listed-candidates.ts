import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import type { Queryable } from '../storage/queryable.ts';
import type { Batch, Place } from './candidates.ts';
import type { Document } from './documents.ts';
import type { Plan } from './plan.ts';

/**
 * Finds candidates that a table lists: the messages that an account has saved, and those that
 * mention a user. They are not in the index.
 */

/** Whether a table lists the candidates of a plan. */
export const isListed = ({ has, mentioned }: Plan): boolean =>
  has.get('saved') === true || mentioned !== null;

/** The messages of a plan that a table lists, in a snapshot of the database. */
export class ListedCandidates {
  readonly #on: Queryable;
  readonly #account: AccountId;
  readonly #plan: Plan;
  readonly #before: Place | null;
  readonly #max: number;
  /** The remaining ones in reverse order; null before they are read. */
  #left: Document[] | null = null;
  /** Whether more are listed than were read. */
  #hasMore = false;

  /** At most `max` messages before a place are read. */
  constructor(
    on: Queryable,
    account: AccountId,
    plan: Plan,
    { before, max }: { readonly before: Place | null; readonly max: number },
  ) {
    this.#on = on;
    this.#account = account;
    this.#plan = plan;
    this.#before = before;
    this.#max = max;
  }

  /** Returns the next messages, at most `max`: fewer at the end. */
  async next(max: number): Promise<Batch> {
    this.#left ??= await this.#read();
    const documents = this.#left.splice(-max).reverse();
    const last = documents[documents.length - 1];
    const isEnd = this.#left.length === 0 && !this.#hasMore;
    return { documents, rest: isEnd || last === undefined ? null : last };
  }

  async #read(): Promise<Document[]> {
    const { conversations, period, mentioned, has } = this.#plan;
    const before = this.#before;
    const { rows } = await this.#on.query<{ conversation: ConversationId; seq: Seq; at: number }>({
      name: 'search-listed',
      // The limit of one row makes PostgreSQL look up each message by its key: with a plain join,
      // it would join all listed messages with all messages, because it expects few of both.
      text: `
        select conversation_id as conversation, seq, at
        from (
          select l.conversation_id, l.seq, g.at
          from (
            select conversation_id, message_seq as seq from saved_messages
            where $1::uuid is not null and account_id = $1
            union
            select conversation_id, message_seq from mentions
            where $1::uuid is null and account_id = any($2::uuid[])
            union
            select conversation_id, seq from messages
            where $1::uuid is null and $3 and conversation_id = any($4::uuid[])
              and mentions @> '[{"kind": "everyone"}]'
          ) l
          cross join lateral (
            select floor(extract(epoch from m.posted_at) * 1000)::float8 as at
            from messages m
            where m.conversation_id = l.conversation_id and m.seq = l.seq
            limit 1
          ) g
          where l.conversation_id = any($4::uuid[])
        ) l
        where at >= $5 and at < $6
          and ($7::float8 is null or (at, conversation_id, seq) < ($7, $8::uuid, $9::int8))
        order by at desc, conversation_id desc, seq desc
        limit $10`,
      values: [
        has.get('saved') === true ? this.#account : null,
        [...(mentioned?.accounts ?? [])],
        mentioned?.everyone === true,
        [...conversations],
        period.from,
        period.to,
        before?.at ?? null,
        before?.conversation ?? null,
        before?.seq ?? null,
        this.#max + 1,
      ],
    });
    this.#hasMore = rows.length > this.#max;
    return rows
      .slice(0, this.#max)
      .map((row) => ({ ...row, version: row.seq }))
      .reverse();
  }
}
