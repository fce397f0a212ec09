import { count, countText, Timestamp } from '../base/bounds.ts';
import { AccountId, ConversationId, Seq } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { line, paragraph } from '../base/text.ts';
import { z } from '../base/z.ts';
import { ReportReason } from '../settings/report.ts';

/** Reports of messages: by members, for the admins of the server and of the group. */

/** Reports a message. */
export const ReportMessageBody = z.object({
  reason: ReportReason,
  comment: paragraph(LIMITS.reportCommentMax, 'Comment').default(''),
});
export type ReportMessageBody = z.input<typeof ReportMessageBody>;

const Named = z.object({ account: AccountId, username: z.string(), displayName: z.string() });

/** An open report of a message. */
export const Report = z
  .object({
    id: z.uuid(),
    conversation: ConversationId,
    /** Null in direct conversations. */
    conversationName: z.string().nullable(),
    message: Seq,
    author: Named,
    /** Null: the word filter. */
    reporter: Named.nullable(),
    reason: z.enum([...ReportReason.options, 'word_filter']),
    /**
     * For reports by the word filter: the matching entry, only for admins of the server; otherwise
     * empty.
     */
    comment: z.string(),
    /** The text of the message when it was reported. */
    text: z.string(),
    /** The names of its files, and the choices of its poll. */
    files: z.array(z.string()),
    choices: z.array(z.string()),
    reportedAt: Timestamp,
    /** How many open reports there are of the message, this one included. */
    reports: count(1),
  })
  .meta({ id: 'Report' });
export type Report = z.infer<typeof Report>;

/** A page of reports. */
export const ReportsQuery = z.object({
  limit: countText(1, LIMITS.pageMax).default(LIMITS.pageDefault),
  /** The `next` of the previous page. */
  after: z.string().max(1_000).optional(),
});
/** A page of reports. */
export const ReportsPage = z.object({
  items: z.array(Report),
  /** The `after` of the next page; null on the last page. */
  next: z.string().nullable(),
});
export type ReportsPage = z.infer<typeof ReportsPage>;

/** The open reports that the caller may read, without those of its own messages, and how many each conversation has. */
export const OpenReportsAnswer = z
  .object({
    /** Counted up to `limits.openReportsMax`. */
    open: count(),
    conversations: z.array(z.object({ conversation: ConversationId, open: count(1) })),
  })
  .meta({
    id: 'OpenReportsAnswer',
    examples: [
      {
        open: 3,
        conversations: [{ conversation: '01890a5d-ac96-774b-bcce-b302099a8057', open: 3 }],
      },
    ],
  });
export type OpenReportsAnswer = z.infer<typeof OpenReportsAnswer>;

/** The content of a hidden message, for moderators. */
export const HiddenMessage = z
  .object({
    body: z.string(),
    /** The names of its files, which are kept, and can be downloaded when it is shown again. */
    fileNames: z.array(z.string()),
    hiddenBy: AccountId,
  })
  .meta({ id: 'HiddenMessage' });
export type HiddenMessage = z.infer<typeof HiddenMessage>;

/** A report, with the current messages around the reported one. */
export const ReportDetails = z
  .object({
    report: Report,
    context: z.array(
      z.object({
        message: Seq,
        author: AccountId,
        authorName: z.string(),
        /** Empty if the message was deleted or hidden. */
        body: z.string(),
        postedAt: Timestamp,
        deleted: z.boolean(),
        hidden: z.boolean(),
        /** Whether it was edited after the report: `body` is the current text. */
        editedSince: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'ReportDetails' });
export type ReportDetails = z.infer<typeof ReportDetails>;

/** How to resolve a report: dismiss it, hide the message, or delete it. */
export const ResolveReportBody = z
  .object({
    action: z.enum(['dismiss', 'hide', 'delete']),
    /** Also suspends the author until then; null: indefinitely. Only admins of the server may, who delete the message. */
    suspendUntil: Timestamp.nullable().optional(),
    /** Why the author is suspended; shown at the login. */
    suspensionReason: line(300, 'Reason', 0).default(''),
  })
  .refine(({ action, suspendUntil }) => action === 'delete' || suspendUntil === undefined, {
    message: 'The author can only be suspended if the message is deleted',
    path: ['suspendUntil'],
  });
export type ResolveReportBody = z.input<typeof ResolveReportBody>;
