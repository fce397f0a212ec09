import type { AccountId, Attachment, FileId, Seq, StreamId } from '@parley/protocol';
import { FILE } from '../../files/queries.ts';
import type { StoredEvent } from '../../stream/record.ts';
import type { RuleContext, Statement, StatementSink } from '../../stream/stream-transaction.ts';

/** The files of messages. A post without files runs none of these statements. */

/** A post that may have files. */
interface PostWithFiles {
  readonly actor: AccountId;
  readonly attachments: readonly FileId[];
}

/**
 * Returns the files of posts that their authors have uploaded and may still read, by the index of
 * the post, in the order of the post. They cannot be deleted before the transaction ends.
 */
export async function readFiles(
  tx: RuleContext,
  posts: readonly PostWithFiles[],
): Promise<ReadonlyMap<number, Attachment[]>> {
  const requested = posts.flatMap(({ actor, attachments }, n) =>
    attachments.map((file) => ({ n, actor, file })),
  );
  const files = new Map<number, Attachment[]>();
  if (requested.length === 0) return files;
  const rows = await tx.query<{ n: number; file: Attachment }>(
    'attachments-files',
    `select i.n::int as n, ${FILE} as file
     from unnest($1::int8[], $2::uuid[], $3::uuid[]) with ordinality as i (n, account_id, id, place)
     join files f on f.id = i.id and f.uploader_id = i.account_id and f.state = 'stored'
       and (not f.attached or exists (
         -- A file of messages that were all hidden or deleted cannot be posted again.
         select from attachments a
         join memberships m on m.conversation_id = a.conversation_id
         where a.file_id = f.id and m.account_id = i.account_id and m.left_seq is null))
     order by i.place
     for key share of f`,
    [requested.map((w) => w.n), requested.map((w) => w.actor), requested.map((w) => w.file)],
  );
  for (const { n, file } of rows) files.set(n, [...(files.get(n) ?? []), file]);
  return files;
}

/** Returns the statement that records that messages refer to these files. */
export const filesAttached = (files: readonly Attachment[]): Statement => ({
  name: 'attachments-attached',
  text: 'update files set attached = true where id = any($1::uuid[])',
  values: [files.map((file) => file.id)],
});

/**
 * Returns the statement that schedules the deletion of files, unless another message refers to
 * them.
 */
export const filesDetached = (files: readonly FileId[], at: string): Statement => ({
  name: 'attachments-detached',
  text: 'update files set detached_at = $2 where id = any($1::uuid[])',
  values: [files, at],
});

/** Inserts the files of messages that were posted. */
export function insertAttachments(
  tx: StatementSink,
  posts: readonly {
    readonly event: StoredEvent;
    readonly attachments: readonly Attachment[] | undefined;
  }[],
): void {
  const rows = posts.flatMap(({ event, attachments = [] }) =>
    attachments.map((file, position) => ({ event, file, position })),
  );
  if (rows.length === 0) return;
  tx.issue(
    'attachments-added',
    `insert into attachments (conversation_id, message_seq, position, file_id, file)
     select * from unnest($1::uuid[], $2::int8[], $3::int4[], $4::uuid[], $5::jsonb[])`,
    [
      rows.map((r) => r.event.stream),
      rows.map((r) => r.event.seq),
      rows.map((r) => r.position),
      rows.map((r) => r.file.id),
      rows.map((r) => JSON.stringify(r.file)),
    ],
  );
}

/** Inserts the files of a message that is shown again. */
export function insertAttachmentsOf(
  tx: StatementSink,
  stream: StreamId,
  message: Seq,
  files: readonly Attachment[],
): void {
  if (files.length === 0) return;
  tx.issue(
    'attachments-restored',
    `insert into attachments (conversation_id, message_seq, position, file_id, file)
     select $1::uuid, $2::int8, f.n - 1, f.id, f.file
     from unnest($3::uuid[], $4::jsonb[]) with ordinality as f (id, file, n)`,
    [stream, message, files.map((file) => file.id), files.map((file) => JSON.stringify(file))],
  );
}

/** Removes the files of messages that were deleted. */
export function deleteAttachments(
  tx: StatementSink,
  streams: readonly StreamId[],
  messages: readonly Seq[],
): void {
  tx.issue(
    'attachments-deleted',
    `delete from attachments a using unnest($1::uuid[], $2::int8[]) as e (conversation_id, message)
     where a.conversation_id = e.conversation_id and a.message_seq = e.message`,
    [streams, messages],
  );
}
