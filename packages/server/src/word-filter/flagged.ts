import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { withTransaction } from '../storage/database.ts';

/** Interval of the search for flagged messages, and so the greatest delay of a report. */
const POLL_MS = 2_000;
const RETRY_MS = 2_000;
/** Reports made per transaction. */
const BATCH = 100;

/** Where flagged messages are queued, and who is notified of the reports. */
export interface FlaggedMessagesDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called with the conversations in which messages were reported. */
  readonly onReported: (conversations: readonly ConversationId[]) => void;
}

/**
 * Reports messages with flagged words to the admins. The transaction of a message queues it, and
 * any node turns the queue into reports: each once, even after kill -9.
 */
export class FlaggedMessages {
  readonly #deps: FlaggedMessagesDeps;
  readonly #worker: BackgroundWorker;

  constructor(deps: FlaggedMessagesDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.#reportAll(isStopped),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) =>
        deps.log.warn({ err: error }, 'flagged messages not reported, will be retried'),
    });
  }

  /** Reports flagged messages until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Stops after the current batch. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  async #reportAll(isStopped: () => boolean): Promise<void> {
    while (!isStopped()) {
      const { taken, reported } = await withTransaction(this.#deps.pool, (client) =>
        this.#reportBatch(client),
      );
      this.#deps.onReported(reported);
      if (taken < BATCH) return;
    }
  }

  /** Processes a batch of the queue. Returns the number of entries, and their conversations. */
  async #reportBatch(
    client: pg.PoolClient,
  ): Promise<{ taken: number; reported: readonly ConversationId[] }> {
    const { rows } = await client.query<Flag>({
      name: 'word-flags-take',
      // Materialized: as a subquery of the DELETE it may be executed for every row of the queue.
      text: `with oldest as materialized (
               select actor_id, client_id from word_flags
               order by flagged_at limit $1 for update skip locked
             ), taken as (
               delete from word_flags f using oldest o
               where f.actor_id = o.actor_id and f.client_id = o.client_id
               returning f.actor_id, f.client_id, f.word
             )
             select t.word, e.stream_id as conversation,
               case e.type when 'message.edited' then (e.data ->> 'message')::int8 else e.seq end
                 as message
             from taken t
             left join events e on e.actor_id = t.actor_id and e.client_id = t.client_id
               and e.type in ('message.posted', 'message.edited')`,
      values: [BATCH],
    });
    const existing = rows.filter(({ conversation }) => conversation !== null);
    if (existing.length > 0) await this.#insert(client, existing);
    const reported = new Set(existing.flatMap(({ conversation }) => conversation ?? []));
    return { taken: rows.length, reported: [...reported] };
  }

  async #insert(client: pg.PoolClient, flagged: readonly Flag[]): Promise<void> {
    const at = new Date(this.#deps.clock.now());
    for (const row of await lockFlagged(client, flagged)) {
      await client.query({
        name: 'word-flags-report',
        // An edited message keeps one report, with its new text.
        text: `insert into reports (id, account_id, conversation_id, message_seq, author_id, reason,
                                    comment, message_text, reported_at, file_names, poll_choices)
               values ($1, null, $2, $3, $4, 'word_filter', $5, $6, $7, $8, $9)
               on conflict (conversation_id, message_seq)
                 where account_id is null and resolved_at is null
               do update set comment = excluded.comment, message_text = excluded.message_text`,
        values: [
          uuidv7(),
          row.conversation,
          row.message,
          row.author,
          row.word,
          row.body,
          at,
          row.file_names,
          row.poll_choices,
        ],
      });
    }
  }
}

/** An entry of the queue. */
interface Flag {
  readonly word: string;
  /** Null: the post or edit was not stored. */
  readonly conversation: ConversationId | null;
  readonly message: Seq;
}

/** A flagged message as its report shows it. */
interface FlaggedMessage {
  author: AccountId;
  conversation: ConversationId;
  message: Seq;
  word: string;
  body: string;
  file_names: string[];
  poll_choices: string[];
}

/** Returns the flagged messages that can still be reported, and locks their authors and conversations. */
async function lockFlagged(
  client: pg.PoolClient,
  flagged: readonly Flag[],
): Promise<FlaggedMessage[]> {
  // The same locks as for a report by a member.
  const { rows } = await client.query<FlaggedMessage>({
    name: 'word-flags-messages',
    text: `select m.author_id as author, m.conversation_id as conversation, m.seq as message,
                  i.word, m.body,
                  array(select f.file ->> 'name' from attachments f
                        where f.conversation_id = m.conversation_id and f.message_seq = m.seq
                        order by f.position) as file_names,
                  array(select jsonb_array_elements_text(p.poll -> 'choices')
                        from message_parts p
                        where p.conversation_id = m.conversation_id and p.message_seq = m.seq)
                    as poll_choices
           from unnest($1::uuid[], $2::int8[], $3::text[]) as i (conversation_id, seq, word)
           join messages m on m.conversation_id = i.conversation_id and m.seq = i.seq
             and m.deleted_at is null and m.hidden_at is null
           join accounts a on a.id = m.author_id and a.deleted_at is null
           join conversations c on c.id = m.conversation_id and c.deleted_at is null
           order by a.id, c.id, m.seq
           for share of a, c`,
    values: [
      flagged.map(({ conversation }) => conversation),
      flagged.map(({ message }) => message),
      flagged.map(({ word }) => word),
    ],
  });
  return rows;
}
