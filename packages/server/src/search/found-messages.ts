import type { AccountId, FoundMessage, Message } from '@parley/protocol';
import type pg from 'pg';
import { MESSAGE } from '../messages/history/message-sql.ts';
import { type CandidateRow, MENTIONED, mentionValues, needsFiles } from './candidate-row.ts';
import type { Document } from './documents.ts';
import type { FileMatch } from './file-matches.ts';
import { snippetOf } from './match.ts';
import { filesOfMessage } from './message-files.ts';
import type { Plan } from './plan.ts';

/** A message that a search has found. */
export interface Match {
  readonly document: Document;
  /**
   * The text with the names of files, the part of a file with terms that the message lacks, or
   * both.
   */
  readonly text: string;
  /** The file that has the terms that the message lacks. */
  readonly file: FileMatch | undefined;
}

/** Reads the messages of documents that the account may read. */
export async function readCandidates(
  client: pg.ClientBase,
  account: AccountId,
  documents: readonly Document[],
  plan: Plan,
): Promise<CandidateRow[]> {
  const { rows } = await client.query<CandidateRow>({
    name: 'search-candidates',
    text: `
      select d.n::int as n, g.author_id as author, g.body,
        case when $4 then exists (
          select from reactions r
          where r.conversation_id = g.conversation_id and r.message_seq = g.seq) end as reaction,
        case when $5 then exists (
          select from pins p
          where p.conversation_id = g.conversation_id and p.message_seq = g.seq) end as pin,
        case when $6 then exists (
          select from message_parts p
          where p.conversation_id = g.conversation_id and p.message_seq = g.seq
            and p.poll is not null) end as poll,
        f."fileNames", f."hasImage" as image,
        g.thread is not null as thread,
        case when $8 then exists (
          select from saved_messages s
          where s.account_id = $1 and s.conversation_id = g.conversation_id
            and s.message_seq = g.seq) end as saved,
        case when $9 then ${MENTIONED('$10', '$11')} end as mentioned,
        case when $12 then ${MENTIONED('$13', '$14')} end as "notMentioned"
      from unnest($2::uuid[], $3::int8[]) with ordinality d (conversation_id, seq, n)
      join memberships m on m.account_id = $1 and m.conversation_id = d.conversation_id
        and m.left_seq is null
      join messages g on g.conversation_id = d.conversation_id and g.seq = d.seq
      cross join ${filesOfMessage('$7')} f
      where g.deleted_at is null and g.hidden_at is null
      order by d.n`,
    values: [
      account,
      documents.map((d) => d.conversation),
      documents.map((d) => d.seq),
      plan.has.has('reaction'),
      plan.has.has('pin'),
      plan.has.has('poll'),
      needsFiles(plan),
      plan.has.has('saved'),
      ...mentionValues(plan.mentioned),
      ...mentionValues(plan.notMentioned),
    ],
  });
  return rows;
}

/** Returns the matches as shown to clients. */
export async function readFound(
  client: pg.ClientBase,
  account: AccountId,
  matches: readonly Match[],
  plan: Plan,
): Promise<FoundMessage[]> {
  if (matches.length === 0) return [];
  const { rows } = await client.query<{ n: number; item: Message }>({
    name: 'search-shown',
    text: `
      select d.n::int as n, ${MESSAGE} as item
      from unnest($2::uuid[], $3::int8[]) with ordinality d (conversation_id, seq, n)
      join memberships m on m.account_id = $1 and m.conversation_id = d.conversation_id
        and m.left_seq is null
      join messages g on g.conversation_id = d.conversation_id and g.seq = d.seq
      order by d.n`,
    values: [
      account,
      matches.map(({ document }) => document.conversation),
      matches.map(({ document }) => document.seq),
    ],
  });
  return rows.map(({ n, item }) => {
    const file = matches[n - 1]?.file;
    const snippet = snippetOf(item.body, plan.terms);
    return { message: item, snippet, ...(file && { file: shownFile(file) }) };
  });
}

/** Returns the file in which the terms were found, with the part of its text to show. */
function shownFile({
  id,
  name,
  terms,
  excerpt,
  isCutBefore,
  isCutAfter,
}: FileMatch): NonNullable<FoundMessage['file']> {
  const snippet = snippetOf(excerpt, terms);
  return {
    id,
    name,
    snippet: {
      ...snippet,
      isCutBefore: isCutBefore || snippet.isCutBefore,
      isCutAfter: isCutAfter || snippet.isCutAfter,
    },
  };
}
