/**
 * SQL: the indexed properties of the files of the message `g`, as a lateral table with the columns
 * `fileNames` (in order) and `hasImage`, which always has one row. Nothing is read unless the SQL
 * `condition` is true.
 */
export const filesOfMessage = (condition = 'true'): string => `
  lateral (
    select coalesce(array_agg(a.file ->> 'name' order by a.position), '{}') as "fileNames",
      coalesce(bool_or(a.file ->> 'mediaType' like 'image/%'), false) as "hasImage"
    from attachments a
    where ${condition} and a.conversation_id = g.conversation_id and a.message_seq = g.seq
  )`;
