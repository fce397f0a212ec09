import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import type pg from 'pg';
import { jobDone, type LinkJob } from '../messages/preview-rules.ts';

/** The queue of messages whose links have yet to be fetched. */

/** A job that this node has claimed, with the text of its message. */
export interface ClaimedJob extends LinkJob {
  /** Empty if the message was deleted. */
  readonly body: string;
  /** Whether the group of the message has previews. */
  readonly isOn: boolean;
  readonly attempts: number;
}

/** The lease of a job, in seconds; longer than a job takes. */
const LEASE_SECONDS = 120;

/**
 * Claims the longest due job, except those of some authors; undefined if there is none. Jobs of a
 * killed node are due again later.
 */
export async function claimJob(
  pool: pg.Pool,
  except: readonly AccountId[],
): Promise<ClaimedJob | undefined> {
  const { rows } = await pool.query<{
    conversation: ConversationId;
    message: Seq;
    id: string;
    author: AccountId;
    attempts: number;
    body: string | null;
    is_on: boolean | null;
  }>({
    name: 'link-jobs-take',
    text: `with taken as (
             update link_jobs set attempts = attempts + 1,
               due_at = now() + make_interval(secs => $2)
             where (conversation_id, message_seq) in (
               select conversation_id, message_seq from link_jobs
               where due_at <= now() and author_id <> all($1::uuid[])
               order by due_at limit 1 for update skip locked)
             returning *
           )
           select t.conversation_id as conversation, t.message_seq as message, t.id,
             t.author_id as author, t.attempts, g.body,
             c.link_previews and c.deleted_at is null and c.archived_at is null as is_on
           from taken t
           left join messages g on g.conversation_id = t.conversation_id and g.seq = t.message_seq
           left join conversations c on c.id = t.conversation_id`,
    values: [except, LEASE_SECONDS],
  });
  const [row] = rows;
  if (!row) return undefined;
  const { body, is_on: isOn, ...job } = row;
  return { ...job, body: body ?? '', isOn: isOn === true };
}

/** Ends a job, unless the message was edited since. */
export async function endJob(pool: pg.Pool, job: LinkJob): Promise<void> {
  await pool.query(jobDone(job));
}

/** Retries a job after a delay. */
export async function deferJob(pool: pg.Pool, job: LinkJob, seconds: number): Promise<void> {
  await pool.query({
    name: 'link-jobs-defer',
    text: `update link_jobs set due_at = now() + make_interval(secs => $4)
           where conversation_id = $1 and message_seq = $2 and id = $3`,
    values: [job.conversation, job.message, job.id, seconds],
  });
}
