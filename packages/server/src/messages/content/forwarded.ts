import type {
  AccountId,
  Attachment,
  ConversationId,
  ForwardedFrom,
  Mention,
  Seq,
} from '@parley/protocol';
import { FILE } from '../../files/queries.ts';
import type { RuleContext } from '../../stream/stream-transaction.ts';

/** A message to forward. */
export interface ForwardSource {
  readonly conversation: ConversationId;
  readonly message: Seq;
}

/** The text and the files of a message to forward, and where it comes from. */
export interface Forwarded {
  readonly body: string;
  /** The custom emoji of its text. Whom it mentions is not forwarded. */
  readonly emoji: readonly Mention[];
  readonly files: readonly Attachment[];
  readonly forwardedFrom: ForwardedFrom;
}

interface ForwardedRow {
  /** The index of the post. */
  n: number;
  body: string;
  mentions: Mention[] | null;
  files: Attachment[] | null;
  author_id: AccountId;
  posted_at: Date;
  conversation_id: ConversationId;
  seq: Seq;
  forwarded_from: ForwardedFrom | null;
}

/**
 * Returns the messages to forward, by the index of the post. Only messages that the actor may read are
 * included; a message that was itself forwarded keeps its original author. Its files cannot be deleted
 * before the transaction ends.
 */
export async function readForwarded(
  tx: RuleContext,
  posts: readonly { readonly actor: AccountId; readonly forward?: ForwardSource | undefined }[],
): Promise<ReadonlyMap<number, Forwarded>> {
  const requested = posts.flatMap(({ actor, forward }, n) =>
    forward ? [{ n, actor, forward }] : [],
  );
  if (requested.length === 0) return new Map();
  const rows = await tx.query<ForwardedRow>(
    'messages-forwarded',
    `select i.n::int as n, g.body, g.mentions, g.author_id, g.posted_at, g.conversation_id, g.seq,
            p.forwarded_from, l.files
     from unnest($1::int8[], $2::uuid[], $3::uuid[], $4::int8[])
       as i (n, account_id, conversation_id, seq)
     join memberships m on m.conversation_id = i.conversation_id and m.account_id = i.account_id
       and m.left_seq is null
     join messages g on g.conversation_id = i.conversation_id and g.seq = i.seq
       and g.deleted_at is null
     cross join lateral (
       select json_agg(f.file order by f.position) as files
       from (
         select a.position, ${FILE} as file
         from attachments a
         join files f on f.id = a.file_id and f.state = 'stored'
         where a.conversation_id = g.conversation_id and a.message_seq = g.seq
         for key share of f
       ) f
     ) l
     left join message_parts p
       on p.conversation_id = g.conversation_id and p.message_seq = g.seq
     where g.body <> '' or l.files is not null`,
    [
      requested.map((w) => w.n),
      requested.map((w) => w.actor),
      requested.map((w) => w.forward.conversation),
      requested.map((w) => w.forward.message),
    ],
  );
  return new Map(rows.map((row) => [row.n, forwardedOf(row)]));
}

const forwardedOf = (row: ForwardedRow): Forwarded => ({
  body: row.body,
  emoji: (row.mentions ?? []).filter(({ kind }) => kind === 'emoji'),
  files: row.files ?? [],
  forwardedFrom: row.forwarded_from ?? {
    conversation: row.conversation_id,
    seq: row.seq,
    author: row.author_id,
    at: row.posted_at.toISOString(),
  },
});
