import { count, countText, Timestamp } from '../base/bounds.ts';
import { isStorable } from '../base/characters.ts';
import { AccountId, ConversationId, Seq, SeqText } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { Body, line, withContent } from '../base/text.ts';
import { z } from '../base/z.ts';
import { Event } from '../events/events.ts';
import { MentionSuggestion, SeenBy, UserGroupSuggestion } from '../events/resources.ts';
import type { TimelineEvent } from '../events/timeline-events.ts';
import { FollowedThread, Message, MessageVersion, ThreadCursor } from '../messages/messages.ts';
import { ListQuery, page } from './rest.ts';

/** Bodies, queries and responses of the REST API for the messages of a conversation. */

/** Posts a message. */
export const PostBody = withContent({
  /** The seq of a message of the same conversation that this one quotes. */
  replyTo: Seq.optional(),
  /** Replies in the thread of this message, which is not itself a reply in a thread. */
  thread: Seq.optional(),
  /** Also shows the reply among the messages of the conversation. Ignored without `thread`. */
  alsoInConversation: z.boolean().optional(),
}).meta({
  examples: [
    { body: 'We meet at **three**, @ann.' },
    { body: 'At three, as always.', replyTo: 1042 },
    { body: 'I’ll be there.', thread: 1042, alsoInConversation: true },
  ],
});
const webhookLine = z.string().max(LIMITS.bodyCharacters).optional();
/**
 * The body of an incoming webhook, compatible with Slack. Fields that are not listed, such as `username` and `channel`,
 * are ignored: the message is always from the service account, in the conversation of the URL.
 */
export const WebhookBody = z
  .object({
    text: webhookLine,
    /** The texts of blocks are posted if there is no `text`. */
    blocks: z
      .array(z.object({ text: z.object({ text: webhookLine }).optional() }))
      .max(50)
      .optional(),
    attachments: z
      .array(
        z.object({
          pretext: webhookLine,
          title: webhookLine,
          title_link: webhookLine,
          text: webhookLine,
          /** Posted if the attachment has no other text. */
          fallback: webhookLine,
          fields: z
            .array(z.object({ title: webhookLine, value: webhookLine }))
            .max(50)
            .optional(),
        }),
      )
      .max(20)
      .optional(),
  })
  .meta({ examples: [{ text: '*Build 217* passed: <https://ci.example/217|details>' }] });
export type WebhookBody = z.infer<typeof WebhookBody>;
/** Replaces the text of a message. */
export const EditBody = z.object({ body: Body });
/**
 * With `unread` the cursor may move back, and its revision is raised. With `revision` the request is
 * ignored if the cursor has another one, as it was marked as unread since.
 */
export const ReadBody = z
  .object({ seq: Seq, unread: z.boolean().optional(), revision: count().optional() })
  .meta({ examples: [{ seq: 1041, unread: true, revision: 0 }] });
/** The members who have seen a message, without its author, by name. */
export const SeenByAnswer = z.object({ items: z.array(SeenBy) }).meta({ id: 'SeenByAnswer' });
export type SeenByAnswer = z.infer<typeof SeenByAnswer>;
/** Selects a page of the voters of a choice. */
export const PollVotersQuery = ListQuery.omit({ search: true });
/** The accounts that have voted for a choice of a poll, in the order of their votes. */
export const PollVotersPage = page(
  z.object({ account: AccountId, username: z.string(), displayName: z.string() }),
).meta({
  id: 'PollVotersPage',
  examples: [
    {
      items: [
        {
          account: '01890a5d-ac96-774b-bcce-b302099a8057',
          username: 'ada',
          displayName: 'Ada Lovelace',
        },
      ],
      next: 'MTA0Nw',
    },
  ],
});
export type PollVotersPage = z.infer<typeof PollVotersPage>;

/** A poll to post. */
export const CreatePollBody = z
  .object({
    question: Body,
    choices: z
      .array(line(LIMITS.pollChoiceCharacters, 'Choice'))
      .min(LIMITS.pollChoicesMin)
      .max(LIMITS.pollChoicesMax)
      .refine(
        (choices) => new Set(choices).size === choices.length,
        'Each choice must be different',
      ),
    isMultiple: z.boolean().default(false),
    endsAt: Timestamp.nullable().default(null),
  })
  .meta({
    examples: [{ question: 'Lunch?', choices: ['Soup', 'Salad'], isMultiple: true, endsAt: null }],
  });
/** The choices to vote for, by their index; none to withdraw the vote. */
export const VoteBody = z
  .object({ choices: z.array(count(0, LIMITS.pollChoicesMax - 1)).max(LIMITS.pollChoicesMax) })
  .meta({ examples: [{ choices: [0] }] });
/** The link whose preview to remove, as the preview has it. */
export const RemoveLinkPreviewBody = z
  .object({ url: z.string().max(LIMITS.previewUrlCharacters) })
  .meta({ examples: [{ url: 'https://example.org/release' }] });
/** Where to forward a message. */
export const ForwardBody = z
  .object({ to: ConversationId })
  .meta({ examples: [{ to: '01890a5d-ac96-774b-bcce-b302099a8057' }] });

const HistoryPosition = z.object({
  before: SeqText.optional(),
  after: SeqText.optional(),
  around: SeqText.optional(),
  limit: countText(1, LIMITS.pageMax).default(LIMITS.pageDefault),
});
const isSet = (value: unknown): boolean => value !== undefined;

/**
 * At most one of `before`, `after`, `around` and `aroundTime`; none for the latest messages. `aroundTime` is
 * for the messages around the first one that was posted at this time or later.
 */
export const HistoryQuery = HistoryPosition.extend({ aroundTime: Timestamp.optional() }).refine(
  (q) => [q.before, q.after, q.around, q.aroundTime].filter(isSet).length <= 1,
  { message: 'Use only one of before, after, around and aroundTime' },
);

/** At most one of `before`, `after` and `around`; none for the latest replies of a thread. */
export const ThreadHistoryQuery = HistoryPosition.refine(
  (q) => [q.before, q.after, q.around].filter(isSet).length <= 1,
  { message: 'Use only one of before, after and around' },
);

/**
 * Messages ordered by seq, and whether there are older and newer ones. A page of long messages has fewer
 * than `limit`.
 */
export const HistoryPage = z
  .object({
    items: z.array(Message),
    hasOlder: z.boolean(),
    hasNewer: z.boolean(),
    /** The head of the stream: `items` reflect all events up to it. */
    asOf: Seq,
  })
  .meta({ id: 'HistoryPage' });
export type HistoryPage = z.infer<typeof HistoryPage>;

/** Selects the timeline events of the {@link TIMELINE_EVENTS_SPAN} seqs after a seq. */
export const TimelineEventsQuery = z.object({ after: SeqText.default(0 as Seq) });
/** All timeline events of these seqs, ordered by seq. */
export const TimelineEventsAnswer = z
  .object({ items: z.array(Event) })
  .meta({ id: 'TimelineEventsAnswer' }) as unknown as z.ZodType<{ items: TimelineEvent[] }>;
export type TimelineEventsAnswer = z.infer<typeof TimelineEventsAnswer>;

/** Replies of a thread ordered by seq, like a {@link HistoryPage}, with its root. */
export const ThreadPage = HistoryPage.extend({ root: Message, cursor: ThreadCursor }).meta({
  id: 'ThreadPage',
});
export type ThreadPage = z.infer<typeof ThreadPage>;
/** Selects a page of followed threads. */
export const ThreadsQuery = ListQuery.omit({ search: true });
/** The followed threads that have replies: those with unread ones first, then by the last reply. */
export const ThreadsPage = page(FollowedThread).meta({ id: 'ThreadsPage' });
export type ThreadsPage = z.infer<typeof ThreadsPage>;
/** Moves the thread cursor forward to `seq`. */
export const ReadThreadBody = z.object({ seq: Seq }).meta({ examples: [{ seq: 1046 }] });
/** The cursors of followed threads, and the version of the read cursors at that moment. */
export const ThreadCursorsAnswer = z
  .object({ readVersion: count(), items: z.array(ThreadCursor) })
  .meta({ id: 'ThreadCursorsAnswer' });
export type ThreadCursorsAnswer = z.infer<typeof ThreadCursorsAnswer>;

/** Selects versions of a message: the latest, or those before the `seq` of a version. */
export const EditHistoryQuery = z.object({
  before: SeqText.optional(),
  limit: countText(1, LIMITS.pageMax).default(LIMITS.pageDefault),
});
/**
 * The versions of a message, the latest first; the last one of all pages is the text as posted. A page of
 * long texts has fewer than `limit`.
 */
export const EditHistoryPage = z
  .object({ items: z.array(MessageVersion), hasOlder: z.boolean() })
  .meta({ id: 'EditHistoryPage' });
export type EditHistoryPage = z.infer<typeof EditHistoryPage>;

/** `cursor` is the `next` of the page before. */
export const PinnedMessagesQuery = z.object({ cursor: z.string().max(1_000).optional() });
/** The pinned messages of a conversation, at most `limits.pinsPerConversation`: the last pin first. */
export const PinnedMessages = z
  .object({
    items: z.array(Message),
    /**
     * The `cursor` of the next page; null if there is none, as usual: only the size in bytes ends a
     * page early.
     */
    next: z.string().nullable(),
  })
  .meta({ id: 'PinnedMessages' });
export type PinnedMessages = z.infer<typeof PinnedMessages>;

/** A search for accounts and user groups to mention; empty: all. */
export const MentionSuggestionsQuery = z.object({
  search: z
    .string()
    .max(80)
    .refine(isStorable, { message: 'The search contains characters that can’t be stored' })
    .default('')
    .meta({ examples: ['ri'] }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(20)
    .default(8)
    .meta({ examples: [8] }),
});
/** Accounts, and user groups that the account may mention there. */
export const MentionSuggestionsAnswer = z.object({
  items: z.array(MentionSuggestion),
  userGroups: z.array(UserGroupSuggestion),
});
export type MentionSuggestionsAnswer = z.infer<typeof MentionSuggestionsAnswer>;
