import { count, countText, Timestamp } from '../base/bounds.ts';
import { isStorable } from '../base/characters.ts';
import { MemberRole, MinimumRoles, Visibility } from '../base/group-access.ts';
import { AccountId, Seq, SeqText } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { line, paragraph } from '../base/text.ts';
import { z } from '../base/z.ts';
import { Event } from '../events/events.ts';
import {
  Ban,
  BlockedUser,
  Conversation,
  GroupLink,
  Member,
  PublicGroup,
  User,
} from '../events/resources.ts';

/** Bodies, queries and responses of the REST API under `/api/v1`. */

/** Alphabets whose letters look alike: a username uses at most one of them. */
const SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
];

/** Names that mention the members of a conversation, and the name of the searching account in filters. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['everyone', 'here', 'me']);

/** Returns the schema of a name that can be mentioned; `word` is what errors call it. */
const mentionableName = (word: 'Username' | 'Name') =>
  line(LIMITS.usernameMax, word).pipe(
    z
      .string()
      .regex(
        /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}])?$/u,
        'Use letters and digits, with . _ - only between them',
      )
      .min(
        LIMITS.usernameMin,
        `A ${word.toLowerCase()} must have at least ${LIMITS.usernameMin} characters`,
      )
      .refine((t) => !/\p{Default_Ignorable_Code_Point}|\p{M}{4}/u.test(t), {
        message: `A ${word.toLowerCase()} can’t contain invisible characters or many accents on one letter`,
      })
      .refine((t) => SCRIPTS.filter((script) => script.test(t)).length <= 1, {
        message: `A ${word.toLowerCase()} can’t mix alphabets that look alike`,
      })
      .refine((t) => !RESERVED_NAMES.has(t.normalize('NFKC').toLowerCase()), {
        message: 'This name is reserved',
      }),
  );

/** Letters of any script, digits, and `.`, `_`, `-` between them. */
export const Username = mentionableName('Username');
/** The name of a user group, of the same characters as a username. */
export const UserGroupName = mentionableName('Name');
/** The name under which others see an account. */
export const DisplayName = line(LIMITS.displayNameMax, 'Name');
/** The name of a group. */
export const GroupName = line(LIMITS.groupNameMax, 'Name');
/** The topic of a group, in one line; may be empty. */
export const GroupTopic = line(LIMITS.groupTopicMax, 'Topic', 0);
/** The description of a group. */
export const GroupDescription = paragraph(LIMITS.groupDescriptionMax, 'Description');
/** An email address. */
export const EmailAddress = z
  .string()
  .max(254, 'An email address can have at most 254 characters')
  .pipe(z.email('Enter a valid email address'));
/** A new password. The server also rejects those that are easily guessed. */
export const Password = z
  .string()
  .min(LIMITS.passwordMin, `A password must have at least ${LIMITS.passwordMin} characters`)
  .refine((t) => new TextEncoder().encode(t).length <= LIMITS.passwordBytesMax, {
    message: `A password can have at most ${LIMITS.passwordBytesMax} bytes`,
  })
  .refine(isStorable, { message: 'The password contains characters that can’t be stored' });

/** Selects a page of the entries of a list that match `search`. */
export const ListQuery = z.object({
  search: z.string().max(100).optional(),
  limit: countText(1, LIMITS.pageMax).default(LIMITS.pageDefault),
  /** The `next` of the previous page. */
  after: z.string().max(1_000).optional(),
});
/** With `member`, only the public groups that this account is in. */
export const GroupsQuery = ListQuery.extend({ member: AccountId.optional() });
/** Returns the schema of a page of a list. */
export const page = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    /** The `after` of the next page; null on the last page. */
    next: z.string().nullable(),
  });

/** A page of users. */
export const UsersPage = page(User);
/** A page of public groups. */
export const PublicGroupsPage = page(PublicGroup);
/** A page of the members of a conversation. */
export const MembersPage = page(Member);
/** A page of the bans of a group. */
export const BansPage = page(Ban);
/** The links of a group, without their secrets. */
export const GroupLinksAnswer = z.object({ items: z.array(GroupLink) });
/** The conversations of the caller. */
export const ConversationsAnswer = z.object({ items: z.array(Conversation) });

/** Creates a group; the caller becomes its owner. */
export const CreateGroupBody = z.object({
  name: GroupName,
  visibility: Visibility,
  /** Further members. */
  members: z.array(AccountId).max(200).default([]),
});
/** The other user, or the other users of a direct conversation of several. */
export const OpenDirectBody = z
  .object({
    account: AccountId.optional(),
    accounts: z
      .array(AccountId)
      .min(1)
      .max(LIMITS.directUsersMax - 1)
      .optional(),
  })
  .refine((body) => (body.account === undefined) !== (body.accounts === undefined), {
    message: 'Use either account or accounts',
  })
  .meta({ examples: [{ account: '01890a5d-ac96-774b-bcce-b302099a8057' }] });
/** At most `limits.blocksMax`, the latest first. */
export const BlocksAnswer = z.object({ items: z.array(BlockedUser) });
/** Missing fields are unchanged. */
export const UpdateGroupBody = z
  .object({
    name: GroupName.optional(),
    topic: GroupTopic.optional(),
    description: GroupDescription.optional(),
    visibility: Visibility.optional(),
    slowModeSeconds: count(0, LIMITS.slowModeSecondsMax).optional(),
    linkPreviews: z.boolean().optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    message: 'Specify at least one field to change',
  })
  .meta({ examples: [{ topic: 'Release on Friday', slowModeSeconds: 30 }] });
export type UpdateGroupBody = z.input<typeof UpdateGroupBody>;
/** Adds an account to a group. */
export const AddMemberBody = z.object({ account: AccountId });
/** Changes the role of a member. */
export const ChangeMemberBody = z
  .object({ role: MemberRole })
  .meta({ examples: [{ role: 'admin' }] });
/** The account must be a member. */
export const TransferOwnershipBody = z.object({ account: AccountId });
/** Without an expiry or a number of uses a link works until it is revoked. */
export const CreateGroupLinkBody = z
  .object({
    expiresAt: Timestamp.nullable().default(null),
    maxUses: count(1, LIMITS.linkUsesMax).nullable().default(null),
  })
  .meta({ examples: [{ expiresAt: '2027-01-01T00:00:00.000Z', maxUses: 10 }] });
export type CreateGroupLinkBody = z.input<typeof CreateGroupLinkBody>;
/** A new link with its URL, which is not shown again. */
export const CreatedGroupLink = z
  .object({ link: GroupLink, url: z.string() })
  .meta({ id: 'CreatedGroupLink' });
export type CreatedGroupLink = z.infer<typeof CreatedGroupLink>;
/** The secret of a group link: the fragment of its URL. */
export const GroupLinkBody = z
  .object({ token: z.string().min(1).max(100) })
  .meta({ examples: [{ token: 'what-follows-the-hash-sign' }] });
/** Missing fields are unchanged. */
export const ChangeMinimumRolesBody = MinimumRoles.partial()
  .strict()
  .meta({ examples: [{ post: 'admin' }] });

/** Selects the events of a stream after a seq, at most `limits.replayEvents`. */
export const EventsQuery = z.object({
  after: SeqText.default(0 as Seq),
  limit: countText(1, LIMITS.replayEvents).default(100),
});
/**
 * Events ordered by seq, and the last seq that the account may see. A page of long events has fewer than
 * `limit`.
 */
export const EventsPage = z.object({ items: z.array(Event), lastSeq: Seq });
export type EventsPage = z.infer<typeof EventsPage>;

/** The response to a command over REST: the same as an `ack`. */
export const CommandAnswer = z.object({
  id: z.string(),
  stream: z.string(),
  seq: Seq,
  at: Timestamp,
});
export type CommandAnswer = z.infer<typeof CommandAnswer>;

/** The state of a node, for load balancers and monitoring. */
export const HealthAnswer = z.object({
  status: z.enum(['ok', 'starting', 'draining', 'failing']),
  /**
   * Whether the node exchanges messages with others: `standalone` without REDIS_URL; `connected`;
   * `disconnected` while the broker is unreachable: events of other nodes arrive up to two seconds late,
   * which is not a failure.
   */
  broker: z.enum(['standalone', 'connected', 'disconnected']).optional(),
  /**
   * `full`: writes are rejected with `disk_full` until there is space again; reads still work.
   * Omitted with an external database, whose disk the server cannot see.
   */
  disk: z.enum(['ok', 'full']).optional(),
  /**
   * `unreachable` while the S3 server with the files is unreachable: uploads and downloads fail with
   * `files_unavailable`, everything else works. Omitted if files are in a folder.
   */
  files: z.enum(['ok', 'unreachable']).optional(),
});
