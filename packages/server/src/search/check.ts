import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import type pg from 'pg';
import { Documents } from './documents.ts';
import { filesOfMessage } from './message-files.ts';
import { KEYS, keysOfMessage } from './message-keys.ts';
import { decodePostings } from './postings.ts';
import { PackedPostings, type Postings } from './segment.ts';
import { isOfOtherVersion, readPostings, readSegment, readSegments } from './segment-store.ts';

/** Compares the search index with the messages, for the doctor. */

/** A message that is missing from the index, or that has wrong keys there. */
export interface IndexFault {
  readonly kind: 'missing' | 'differs';
  readonly conversation: ConversationId;
  readonly seq: Seq;
}

/** Messages, and lists of postings, read at a time. */
const PAGE = 2_000;

/** SQL: whether the text of the message `g` may have changed since it was posted. */
const HAS_NEW_TEXT = `(
  g.edited_at is not null or g.hidden_at is not null
  or exists (select from events e where e.stream_id = g.conversation_id
               and e.type = 'message.unhidden' and (e.data ->> 'message')::int8 = g.seq))`;

/** Creates the temporary table of {@link checkIndex}, which a read-only transaction could not. */
export async function prepareIndexCheck(client: pg.ClientBase): Promise<void> {
  await client.query(
    `create temporary table if not exists search_found (conversation_id uuid, seq bigint);
     truncate pg_temp.search_found`,
  );
}

/**
 * Calls `report` for each message that searches would not find although the progress of its
 * conversation says that it is indexed. Requires a snapshot; writes only a temporary table.
 */
export async function checkIndex(
  client: pg.ClientBase,
  report: (fault: IndexFault) => void,
): Promise<void> {
  // The server rebuilds an index of another version when it starts.
  if (await isOfOtherVersion(client)) return;
  for (const { id } of await readSegments(client)) await checkSegment(client, id, report);
  const { rows } = await client.query<{ conversation: ConversationId; seq: Seq }>(
    `select g.conversation_id as conversation, g.seq
     from messages g
     join search_progress p on p.conversation_id = g.conversation_id and g.seq <= p.seq
     left join pg_temp.search_found f on f.conversation_id = g.conversation_id and f.seq = g.seq
     where g.deleted_at is null and f.seq is null
       -- With a later text it was not looked for above.
       and (g.changed_seq <= p.seq or not ${HAS_NEW_TEXT})
     order by 1, 2`,
  );
  for (const row of rows) report({ kind: 'missing', ...row });
}

async function checkSegment(
  client: pg.ClientBase,
  segment: number,
  report: (fault: IndexFault) => void,
): Promise<void> {
  const row = await readSegment(client, segment);
  if (row === undefined) throw new Error(`The search segment ${segment} does not exist`);
  const documents = Documents.decode(row.documents);
  const sums = new Int32Array(documents.length);
  const add = ({ key, bytes }: Postings) => {
    for (const doc of decodePostings(bytes)) sums[doc] = (sums[doc] as number) + key;
  };
  if (row.postings !== null) for (const list of new PackedPostings(row.postings)) add(list);
  else for await (const list of listsOf(client, segment)) add(list);
  for (let from = 0; from < documents.length; from += PAGE) {
    const numbers = Array.from(
      { length: Math.min(PAGE, documents.length - from) },
      (_, i) => from + i,
    );
    await checkDocuments(client, documents, numbers, sums, report);
  }
}

async function* listsOf(client: pg.ClientBase, segment: number): AsyncGenerator<Postings> {
  let after = -(2 ** 31) - 1;
  for (;;) {
    const lists = await readPostings(client, segment, after, PAGE);
    yield* lists;
    const last = lists[lists.length - 1];
    if (!last) return;
    after = last.key;
  }
}

/** Compares the sums of the keys of documents with those of the current messages. */
async function checkDocuments(
  client: pg.ClientBase,
  documents: Documents,
  numbers: readonly number[],
  sums: Int32Array,
  report: (fault: IndexFault) => void,
): Promise<void> {
  const page = numbers.map((number) => documents.get(number));
  const { rows } = await client.query<{
    n: number;
    author: AccountId;
    body: string;
    isReply: boolean;
    fileNames: string[];
    hasImage: boolean;
  }>(
    `select d.n::int as n, g.author_id as author, g.body, g.thread is not null as "isReply",
       f."fileNames", f."hasImage"
     from unnest($1::uuid[], $2::int8[], $3::int8[]) with ordinality d (conversation_id, seq, version, n)
     join messages g on g.conversation_id = d.conversation_id and g.seq = d.seq
     join search_progress p on p.conversation_id = g.conversation_id
     cross join ${filesOfMessage()} f
     left join search_stale s on s.conversation_id = g.conversation_id and s.seq = g.seq
     where g.deleted_at is null
       -- The text may have changed since: it is indexed again, and this document removed.
       and (g.changed_seq <= p.seq or not ${HAS_NEW_TEXT})
       and (s.version is null or s.version <= d.version)`,
    [page.map((d) => d.conversation), page.map((d) => d.seq), page.map((d) => d.version)],
  );
  const found: { conversation: ConversationId; seq: Seq }[] = [];
  for (const { n, ...stored } of rows) {
    const { conversation, seq } = page[n - 1] as (typeof page)[number];
    const message = {
      ...stored,
      conversation,
      hasReaction: false,
      hasPin: false,
      hasPoll: false,
    };
    const sum = sumOf(keysOfMessage(message));
    const actual = sums[numbers[n - 1] as number] as number;
    found.push({ conversation, seq });
    const isSame = VARIANTS.some((more) => ((sum + more) | 0) === actual);
    if (!isSame) report({ kind: 'differs', conversation, seq });
  }
  await client.query(
    'insert into pg_temp.search_found select * from unnest($1::uuid[], $2::int8[])',
    [found.map((f) => f.conversation), found.map((f) => f.seq)],
  );
}

/**
 * What a poll, and reactions and a pin that may since have been removed, add to the sum of the
 * keys.
 */
const VARIANTS = [0, KEYS.reaction, KEYS.pin, KEYS.reaction + KEYS.pin].flatMap((sum) => [
  sum,
  sum + KEYS.poll,
]);

function sumOf(keys: ReadonlySet<number>): number {
  let sum = 0;
  for (const key of keys) sum = (sum + key) | 0;
  return sum;
}
