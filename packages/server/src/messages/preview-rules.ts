import {
  type AccountId,
  type ConversationId,
  type FileId,
  type LinkPreview,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import type { Append, Outcome } from '../stream/append.ts';
import { derivedId } from '../stream/derived-id.ts';
import type { Command, Rule, RuleContext, Statement } from '../stream/stream-transaction.ts';
import { filesDetached } from './content/attachments.ts';
import type { StoredPreview } from './content/link-previews.ts';
import {
  imagesOf,
  imagesWithout,
  previewedEvent,
  STORED_PREVIEWS,
} from './content/link-previews.ts';
import { messageRule } from './message-rule.ts';

/** Commands that publish and remove the link previews of messages. */

/** A row of `link_jobs`: a message whose links are fetched. */
export interface LinkJob {
  readonly conversation: ConversationId;
  readonly message: Seq;
  /** Differs after each edit of the message. */
  readonly id: string;
  readonly author: AccountId;
}

interface PublishCommand extends Command {
  readonly job: LinkJob;
  readonly previews: readonly LinkPreview[];
  /** The links of the text for which the previews were fetched. */
  readonly links: readonly string[];
}

/** Publishes the previews of a message, in the order of its links, and ends the job. */
export function publishPreviews(
  append: Append,
  job: LinkJob,
  links: readonly string[],
  previews: readonly LinkPreview[],
): Promise<Outcome> {
  const command: PublishCommand = {
    rule: publishRule,
    actor: job.author,
    clientId: derivedId('link-previews', job.id),
    stream: streamOfConversation(job.conversation),
    eventType: 'message.previewed',
    // Without the previews: another node may have fetched different ones.
    payload: [job.message, job.id],
    bytes: 200 + JSON.stringify(previews).length,
    job,
    previews,
    links,
  };
  return append.run(command);
}

const publishRule: Rule<PublishCommand> = {
  name: 'messages.publish_previews',
  async decide(tx, { job, links, previews }) {
    const { conversation, message } = job;
    const row = await readJob(tx, job);
    const done = { unchanged: row?.changed_seq ?? tx.head(streamOfConversation(conversation)) };
    // Meanwhile the text was edited, deleted or hidden, another node was faster, or previews were
    // turned off.
    if (!row?.is_open) return done;
    const before = row.previews ?? [];
    const removed = before.filter(({ url, preview }) => preview === null && links.includes(url));
    const isRemoved = new Set(removed.map(({ url }) => url));
    const visible = previews.filter(({ url }) => !isRemoved.has(url));
    const stored = await filesOf(tx, visible);
    const after: StoredPreview[] = [
      ...visible.map((preview) => ({ url: preview.url, preview: withStored(preview, stored) })),
      ...removed,
    ];
    if (JSON.stringify(after) === JSON.stringify(before)) return done;
    const attached = imagesOf(after);
    const detached = imagesWithout(before, after);
    return {
      events: [previewedEvent(conversation, message, after)],
      writes: [
        jobDone(job),
        ...(attached.length > 0 ? [imagesAttached(attached)] : []),
        ...(detached.length > 0 ? [filesDetached(detached, tx.at)] : []),
      ],
    };
  },
};

/** Returns the preview, without its image if that is no longer stored. */
function withStored({ image, ...preview }: LinkPreview, stored: ReadonlySet<FileId>): LinkPreview {
  return image && stored.has(image.id) ? { ...preview, image } : preview;
}

/** Returns the statement that ends a job. */
export const jobDone = ({ conversation, message, id }: LinkJob): Statement => ({
  name: 'link-jobs-done',
  text: 'delete from link_jobs where conversation_id = $1 and message_seq = $2 and id = $3',
  values: [conversation, message, id],
});

const imagesAttached = (files: readonly FileId[]): Statement => ({
  name: 'link-previews-attached',
  text: 'update files set attached = true where id = any($1::uuid[])',
  values: [files],
});

interface JobRow {
  readonly changed_seq: Seq;
  /** Whether the job is still that of the text, and its group has previews. */
  readonly is_open: boolean;
  readonly previews: StoredPreview[] | null;
}

/** Returns the message of a job; undefined if it does not exist. */
async function readJob(tx: RuleContext, job: LinkJob): Promise<JobRow | undefined> {
  const [row] = await tx.query<JobRow>(
    'link-jobs-one',
    `select g.changed_seq, ${STORED_PREVIEWS} as previews,
       j.id is not null and g.deleted_at is null and g.hidden_at is null and c.link_previews
         and c.deleted_at is null and c.archived_at is null as is_open
     from messages g
     join conversations c on c.id = g.conversation_id
     left join link_jobs j
       on j.conversation_id = g.conversation_id and j.message_seq = g.seq and j.id = $3
     where g.conversation_id = $1 and g.seq = $2`,
    [job.conversation, job.message, job.id],
  );
  return row;
}

/** Returns which images of previews are stored. They cannot be deleted before the transaction ends. */
async function filesOf(
  tx: RuleContext,
  previews: readonly LinkPreview[],
): Promise<ReadonlySet<FileId>> {
  const ids = previews.flatMap(({ image }) => image?.id ?? []);
  if (ids.length === 0) return new Set();
  const rows = await tx.query<{ id: FileId }>(
    'link-previews-files',
    `select id from files where id = any($1::uuid[]) and state = 'stored' order by id for key share`,
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Decides the removal of the preview of a link. Removing one that is not shown changes nothing. */
export const removePreviewRule = messageRule(
  'messages.remove_preview',
  'remove_preview',
  async (tx, command, target) => {
    const { conversation, message, text: url } = command;
    const before = target.previews;
    const remaining = before.filter((preview) => preview.url !== url || preview.preview === null);
    if (remaining.length === before.length) return { unchanged: target.changedSeq };
    const after = [...remaining, { url, preview: null }];
    const detached = imagesWithout(before, after);
    return {
      events: [previewedEvent(conversation, message, after)],
      ...(detached.length > 0 && { writes: [filesDetached(detached, tx.at)] }),
    };
  },
);
