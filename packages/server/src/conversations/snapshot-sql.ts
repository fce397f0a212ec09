import type {
  AccountId,
  AccountRole,
  ConversationId,
  ConversationKind,
  ImageId,
  MemberRole,
  Seq,
  Visibility,
} from '@parley/protocol';
import { isInConversation } from '../messages/history/message-sql.ts';
import { unread } from '../messages/read-cursors/unread.ts';
import { unreadMentionRows } from '../messages/read-cursors/unread-mentions.ts';
import type { MinimumRoleOverrides } from '../permissions/minimum-roles.ts';
import { type JsonColumns, jsonColumns } from '../storage/json-columns.ts';
import { epochSeconds } from '../storage/sql.ts';

/** What one statement reads of the current conversations of an account; null if it has none. */
export interface SnapshotRow {
  readonly server_role: AccountRole | null;
  readonly states: JsonColumns<MembershipState>;
  /** Of conversations that are not unchanged. */
  readonly details: JsonColumns<ConversationDetails>;
  /** Of direct conversations. */
  readonly peers: JsonColumns<Peer>;
  /** Of conversations with unread mentions. A message that mentions both the account and everyone is there twice. */
  readonly mentions: JsonColumns<UnreadMention>;
}

/** The membership of the account in a conversation. */
export interface MembershipState {
  readonly id: ConversationId;
  readonly joinedSeq: Seq;
  readonly lastSeq: Seq;
  readonly readSeq: Seq;
  readonly readRevision: number;
  readonly unread: number;
}

/** The rest of a snapshot. Times are in seconds. */
export interface ConversationDetails {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  readonly visibility: Visibility;
  readonly name: string | null;
  readonly topic: string;
  readonly description: string;
  readonly avatar: ImageId | null;
  readonly archivedAt: number | null;
  readonly slowModeSeconds: number;
  readonly linkPreviews: boolean;
  readonly isEveryone: boolean;
  readonly minimumRoles: MinimumRoleOverrides;
  /** The ids of all users of a direct conversation. */
  readonly directKey: string | null;
  readonly memberCount: number;
  readonly createdAt: number;
  readonly role: MemberRole;
  /** The last message; null if there is none. */
  readonly messageSeq: Seq | null;
  readonly author: AccountId;
  readonly body: string;
  readonly postedAt: number;
  readonly editedAt: number | null;
  readonly hiddenAt: number | null;
  readonly changedSeq: Seq;
}

/** The other user of a direct conversation. */
export interface Peer {
  readonly id: ConversationId;
  readonly account: AccountId;
  readonly readSeq: Seq;
}

/** An unread message that mentions the account or everyone. */
export interface UnreadMention {
  readonly id: ConversationId;
  readonly seq: Seq;
}

/** SQL: the role of an account on the server. */
export const serverRole = (account: string): string =>
  `(select role from accounts where id = ${account})`;

/**
 * SQL: the current memberships of an account with their conversations; `isUnchanged`: the client has
 * the snapshot. `has_peer`: a direct conversation of two users, whose key has two ids.
 */
export const currentMemberships = (account: string, isUnchanged = 'false'): string => `
  select m.conversation_id, m.account_id, m.role, m.joined_seq, m.read_seq, m.read_revision, s.last_seq,
    c.kind, c.visibility, c.name, c.topic, c.description, c.avatar, c.archived_at, c.slow_mode_seconds,
    c.link_previews, c.is_everyone, c.minimum_roles, c.direct_key, c.member_count, c.created_at,
    c.kind = 'direct' and length(c.direct_key) = 73 as has_peer,
    ${isUnchanged} as is_unchanged
  from memberships m
  join conversations c on c.id = m.conversation_id
  join streams s on s.id = m.conversation_id
  where m.account_id = ${account} and m.left_seq is null`;

const STATES = jsonColumns<MembershipState>({
  id: 'm.conversation_id',
  joinedSeq: 'm.joined_seq',
  lastSeq: 'm.last_seq',
  readSeq: 'm.read_seq',
  readRevision: 'm.read_revision',
  // Most conversations are read up to their last event.
  unread: `case when m.read_seq < m.last_seq then ${unread('m.conversation_id', 'm.account_id', 'm.read_seq')} else 0 end`,
});

const details = (bodyCharacters: number) =>
  jsonColumns<ConversationDetails>({
    id: 'm.conversation_id',
    kind: 'm.kind',
    visibility: 'm.visibility',
    name: 'm.name',
    topic: 'm.topic',
    description: 'm.description',
    avatar: 'm.avatar',
    archivedAt: epochSeconds('m.archived_at'),
    slowModeSeconds: 'm.slow_mode_seconds',
    linkPreviews: 'm.link_previews',
    isEveryone: 'm.is_everyone',
    minimumRoles: 'm.minimum_roles',
    directKey: 'm.direct_key',
    memberCount: 'm.member_count',
    createdAt: epochSeconds('m.created_at'),
    role: 'm.role',
    messageSeq: 'g.seq',
    author: 'g.author_id',
    body: `left(g.body, ${bodyCharacters})`,
    postedAt: epochSeconds('g.posted_at'),
    editedAt: epochSeconds('g.edited_at'),
    hiddenAt: epochSeconds('g.hidden_at'),
    changedSeq: 'g.changed_seq',
  });

const PEERS = jsonColumns<Peer>({
  id: 'p.conversation_id',
  account: 'p.account_id',
  readSeq: 'p.read_seq',
});

const MENTIONS = jsonColumns<UnreadMention>({ id: 'm.conversation_id', seq: 'n.seq' });

/**
 * SQL: the columns of a {@link SnapshotRow} of an account, for the rows `current` of {@link currentMemberships}.
 * `bodyCharacters` of the last message are read.
 */
export const snapshotColumns = (account: string, bodyCharacters: number): string => `
  ${serverRole(account)} as server_role,
  (select ${STATES} from current m) as states,
  (select ${details(bodyCharacters)}
   from current m
   left join lateral (
     select g.* from messages g
     where g.conversation_id = m.conversation_id and g.deleted_at is null and ${isInConversation()}
     order by g.seq desc
     limit 1
   ) g on true
   where not m.is_unchanged) as details,
  (select ${PEERS}
   from current m
   -- Limited, so that no plan reads the members of groups.
   cross join lateral (
     select * from memberships p
     where p.conversation_id = m.conversation_id and p.account_id <> m.account_id
       and p.left_seq is null
     limit 1
   ) p
   where m.has_peer) as peers,
  (select ${MENTIONS}
   from current m
   cross join lateral (
     ${unreadMentionRows('m.conversation_id', 'm.account_id', 'm.read_seq', 'union all')}
   ) n
   where m.read_seq < m.last_seq) as mentions`;
