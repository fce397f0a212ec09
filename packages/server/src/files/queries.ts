import type { AccountId, Attachment, FileId } from '@parley/protocol';
import type { Pool } from 'pg';
import type { Digest } from './file-store.ts';

/** SQL: the file `f`, a row of `files`, as an `Attachment`. */
export const FILE = `json_strip_nulls(json_build_object(
  'id', f.id, 'name', f.name, 'mediaType', f.media_type, 'bytes', f.bytes,
  'width', f.width, 'height', f.height, 'blurhash', f.blurhash))`;

/** A file that an account may read, and where its content is. */
export interface ReadableFile {
  readonly file: Attachment;
  readonly digest: Digest;
  readonly preview: { readonly digest: Digest; readonly bytes: number } | null;
}

/**
 * Returns which of the given files an account may read, in order: those of messages that it may
 * read, and those that it has uploaded and not yet posted. Deleted messages refer to no file.
 */
export async function readableFiles(
  pool: Pool,
  account: AccountId,
  ids: readonly FileId[],
): Promise<ReadableFile[]> {
  const { rows } = await pool.query<{
    file: Attachment;
    digest: Digest;
    preview: ReadableFile['preview'];
  }>({
    name: 'files-readable',
    text: `
      select ${FILE} as file, encode(f.digest, 'hex') as digest,
        case when f.preview_digest is not null then
          json_build_object('digest', encode(f.preview_digest, 'hex'), 'bytes', f.preview_bytes)
        end as preview
      from unnest($2::uuid[]) with ordinality as i (id, n)
      join files f on f.id = i.id
      where f.state = 'stored' and (
        (f.uploader_id = $1 and not f.attached)
        or exists (
          select from attachments a
          join memberships m on m.conversation_id = a.conversation_id
          where a.file_id = f.id and m.account_id = $1 and m.left_seq is null)
        or exists (
          select from link_previews l
          join memberships m on m.conversation_id = l.conversation_id
          where l.file_id = f.id and m.account_id = $1 and m.left_seq is null))
      order by i.n`,
    values: [account, ids],
  });
  return rows;
}
