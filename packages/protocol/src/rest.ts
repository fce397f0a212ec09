import { z } from 'zod';
import { count, countText, Timestamp } from './bounds.ts';
import { isStorable } from './characters.ts';
import { Event, Visibility } from './events.ts';
import { AccountId, Seq, SeqText } from './ids.ts';
import { LIMITS } from './limits.ts';
import { Conversation, Member, Message, PublicGroup, ReadCursor, User } from './resources.ts';
import { Body, line } from './text.ts';

/** Bodies, queries and answers of the REST API under `/api/v1`. */

/** Alphabets with letters that look the same: a name is written in one of them. */
const SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
];

/** Letters of any script, digits, and `.`, `_`, `-` between them. */
export const Username = line(LIMITS.usernameMax, 'A username').pipe(
  z
    .string()
    .regex(
      /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}])?$/u,
      'A username has letters, digits, and . _ - between them',
    )
    .min(LIMITS.usernameMin, `A username has at least ${LIMITS.usernameMin} characters`)
    .refine((t) => !/\p{Default_Ignorable_Code_Point}|\p{M}{4}/u.test(t), {
      message: 'A username has no invisible characters and no heaps of accents',
    })
    .refine((t) => SCRIPTS.filter((script) => script.test(t)).length <= 1, {
      message: 'A username does not mix alphabets that look alike',
    }),
);
export const DisplayName = line(LIMITS.displayNameMax, 'A display name');
export const GroupName = line(LIMITS.groupNameMax, 'A group’s name');
export const EmailAddress = z
  .string()
  .max(254, 'An e-mail address has at most 254 characters')
  .pipe(z.email('That is not an e-mail address'));
export const Password = z
  .string()
  .min(LIMITS.passwordMin, `A password has at least ${LIMITS.passwordMin} characters`)
  .refine((t) => new TextEncoder().encode(t).length <= LIMITS.passwordBytesMax, {
    message: `A password has at most ${LIMITS.passwordBytesMax} bytes`,
  })
  .refine(isStorable, { message: 'The password has characters that cannot be stored' });

export const ListQuery = z.object({
  search: z.string().max(100).optional(),
  limit: countText(1, LIMITS.pageMax).default(LIMITS.pageDefault),
  /** `next` of the page before. */
  after: z.string().max(1_000).optional(),
});
const page = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    /** For `after`; null at the end. */ next: z.string().nullable(),
  });

export const UsersPage = page(User);
export const PublicGroupsPage = page(PublicGroup);
export const MembersPage = page(Member);
export const ConversationsAnswer = z.object({ items: z.array(Conversation) });

export const CreateGroupBody = z.object({
  name: GroupName,
  visibility: Visibility,
  /** Further members from the start. */
  members: z.array(AccountId).max(200).default([]),
});
export const OpenDirectBody = z.object({ account: AccountId });
export const UpdateGroupBody = z.object({ name: GroupName });
export const AddMemberBody = z.object({ account: AccountId });

/** One of `before`, `after`, `around`, or none for the newest messages. */
export const HistoryQuery = z
  .object({
    before: SeqText.optional(),
    after: SeqText.optional(),
    around: SeqText.optional(),
    limit: countText(1, LIMITS.pageMax).default(LIMITS.pageDefault),
  })
  .refine((q) => [q.before, q.after, q.around].filter((v) => v !== undefined).length <= 1, {
    message: 'Only one of before, after and around',
  });

/** Messages in the order of seq, and whether there are more on either side. */
export const HistoryPage = z
  .object({
    items: z.array(Message),
    hasOlder: z.boolean(),
    hasNewer: z.boolean(),
    /** Where the stream stood: events up to here are contained in the items. */
    asOf: Seq,
  })
  .meta({ id: 'HistoryPage' });
export type HistoryPage = z.infer<typeof HistoryPage>;

/** Events of a stream after a seq, at most `limits.replayEvents`. */
export const EventsQuery = z.object({
  after: SeqText.default(0 as Seq),
  limit: countText(1, LIMITS.replayEvents).default(100),
});
/** Events in the order of seq, and the last seq that the account may see. */
export const EventsPage = z.object({ items: z.array(Event), lastSeq: Seq });
export type EventsPage = z.infer<typeof EventsPage>;

export const PostBody = z.object({ body: Body });
export const EditBody = z.object({ body: Body });
export const ReadBody = z.object({ seq: Seq, unread: z.boolean().optional() });
export const CursorsAnswer = z.object({
  readVersion: count(),
  items: z.array(ReadCursor),
});
/** What a command over REST is answered with: the same as an `ack`. */
export const CommandAnswer = z.object({
  id: z.string(),
  stream: z.string(),
  seq: Seq,
  at: Timestamp,
});
export type CommandAnswer = z.infer<typeof CommandAnswer>;

export const HealthAnswer = z.object({
  status: z.enum(['ok', 'starting', 'draining', 'failing']),
  /**
   * How this node stands to others: it has none (no REDIS_URL); they are joined; what joins them is
   * away, and their messages come up to two seconds late. Not being joined is no failure.
   */
  broker: z.enum(['alone', 'joined', 'away']).optional(),
  /**
   * `full`: writes are rejected with `disk_full` until there is room again, and reads go on. Missing
   * with an external database, whose disk cannot be seen from here.
   */
  disk: z.enum(['ok', 'full']).optional(),
});
