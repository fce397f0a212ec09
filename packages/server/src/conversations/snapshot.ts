import {
  type AccountId,
  type AccountRole,
  type Conversation,
  type ConversationId,
  LIMITS,
  type MemberAccess,
  type Seq,
  type UnchangedAtHead,
} from '@parley/protocol';
import type { Pool } from 'pg';
import { actingRole, minimumRolesOf } from '../permissions/minimum-roles.ts';
import { type RowReader, readColumns } from '../storage/json-columns.ts';
import { timestampOf } from '../storage/sql.ts';
import { memberAccess } from './access.ts';
import { conversationType } from './policy.ts';
import {
  type ConversationDetails,
  currentMemberships,
  type MembershipState,
  type Peer,
  type SnapshotRow,
  snapshotColumns,
  type UnreadMention,
} from './snapshot-sql.ts';

/**
 * The snapshots of conversations that clients start from. Each function is one statement, which
 * reads from one database snapshot: a conversation is exact at its `lastSeq`, so a subscriber that
 * continues from there neither misses an event nor counts one twice.
 */

/** The characters of the last message of a conversation. */
const BODY_CHARACTERS = 1_000;

/** A conversation whose snapshot the client has: no event was stored since. */
export interface UnchangedStart extends UnchangedAtHead {
  readonly joinedSeq: Seq;
}

const SNAPSHOTS = (condition: string) => `
  with current as materialized (${currentMemberships('$1')} ${condition})
  select ${snapshotColumns('$1', BODY_CHARACTERS)}`;

/** Returns the current conversations of an account. */
export async function conversationsOf(pool: Pool, account: AccountId): Promise<Conversation[]> {
  const { rows } = await pool.query<SnapshotRow>({
    name: 'conversations-of',
    text: SNAPSHOTS(''),
    values: [account],
  });
  return rows[0] ? snapshotsOf(account, rows[0]).conversations : [];
}

/** Returns a conversation as the account sees it; null when it is not a member. */
export async function conversationFor(
  pool: Pool,
  account: AccountId,
  id: ConversationId,
): Promise<Conversation | null> {
  const { rows } = await pool.query<SnapshotRow>({
    name: 'conversations-for',
    text: SNAPSHOTS('and m.conversation_id = $2'),
    values: [account, id],
  });
  return (rows[0] && snapshotsOf(account, rows[0]).conversations[0]) ?? null;
}

/** Returns the conversations of a row, with what the account may do, and those that are unchanged. */
export function snapshotsOf(
  account: AccountId,
  row: SnapshotRow,
): { conversations: Conversation[]; unchanged: UnchangedStart[] } {
  const states = readColumns<MembershipState>(row.states);
  const details = readColumns<ConversationDetails>(row.details);
  const detailRows = new Map<ConversationId, number>();
  for (let i = 0; i < details.count; i++) detailRows.set(details.read('id', i), i);
  const peers = peersById(row.peers);
  const mentions = mentionsById(row.mentions);
  const accessOf = accessReader(row.server_role, details.read);
  const conversations: Conversation[] = [];
  const unchanged: UnchangedStart[] = [];
  for (let i = 0; i < states.count; i++) {
    const id = states.read('id', i);
    const detail = detailRows.get(id);
    const state: ReadState = {
      id,
      joinedSeq: states.read('joinedSeq', i),
      lastSeq: states.read('lastSeq', i),
      readSeq: states.read('readSeq', i),
      readRevision: states.read('readRevision', i),
      unread: states.read('unread', i),
      unreadMentions: mentions.get(id) ?? [],
      peer: peers.get(id)?.account ?? null,
      peerReadSeq: peers.get(id)?.readSeq ?? null,
    };
    if (detail === undefined) unchanged.push(unchangedOf(state));
    else conversations.push(snapshotOf(account, state, details.read, detail, accessOf(detail)));
  }
  return { conversations, unchanged };
}

function peersById(columns: SnapshotRow['peers']): Map<ConversationId, Peer> {
  const { count, read } = readColumns<Peer>(columns);
  const peers = new Map<ConversationId, Peer>();
  for (let i = 0; i < count; i++) {
    const id = read('id', i);
    peers.set(id, { id, account: read('account', i), readSeq: read('readSeq', i) });
  }
  return peers;
}

function mentionsById(columns: SnapshotRow['mentions']): Map<ConversationId, Seq[]> {
  const { count, read } = readColumns<UnreadMention>(columns);
  const byConversation = new Map<ConversationId, Set<Seq>>();
  for (let i = 0; i < count; i++) {
    const id = read('id', i);
    const seqs = byConversation.get(id) ?? new Set();
    byConversation.set(id, seqs.add(read('seq', i)));
  }
  const inOrder = (seqs: Set<Seq>) => [...seqs].sort((a, b) => a - b).slice(-LIMITS.unreadMax);
  return new Map([...byConversation].map(([id, seqs]) => [id, inOrder(seqs)]));
}

/** The fields of a snapshot that also unchanged conversations have, and the other user. */
type ReadState = UnchangedStart & Pick<Conversation, 'peer'>;

const unchangedOf = ({ peer: _peer, ...rest }: ReadState): UnchangedStart => rest;

/** Each field is named, because V8 makes slow objects of several that are spread into one. */
function snapshotOf(
  account: AccountId,
  state: ReadState,
  read: RowReader<ConversationDetails>,
  i: number,
  access: Access,
): Conversation {
  const kind = read('kind', i);
  const archivedAt = read('archivedAt', i);
  return {
    id: state.id,
    kind,
    visibility: read('visibility', i),
    name: read('name', i),
    topic: read('topic', i),
    description: read('description', i),
    avatar: read('avatar', i),
    archivedAt: archivedAt === null ? null : timestampOf(archivedAt),
    slowModeSeconds: read('slowModeSeconds', i),
    linkPreviews: read('linkPreviews', i),
    isEveryone: read('isEveryone', i),
    peer: state.peer,
    peers: kind === 'direct' ? peersIn(read('directKey', i) ?? '', account) : null,
    memberCount: read('memberCount', i),
    createdAt: timestampOf(read('createdAt', i)),
    role: read('role', i),
    actingRole: access.actingRole,
    permissions: access.permissions,
    removableRoles: access.removableRoles,
    minimumRoles: access.minimumRoles,
    messagePermissions: access.messagePermissions,
    joinedSeq: state.joinedSeq,
    readSeq: state.readSeq,
    readRevision: state.readRevision,
    unread: state.unread,
    unreadMentions: state.unreadMentions,
    peerReadSeq: state.peerReadSeq,
    lastSeq: state.lastSeq,
    lastMessage: lastMessageOf(read, i),
  };
}

const peersIn = (key: string, account: AccountId): AccountId[] =>
  (key.split(' ') as AccountId[]).filter((id) => id !== account);

function lastMessageOf(
  read: RowReader<ConversationDetails>,
  i: number,
): Conversation['lastMessage'] {
  const seq = read('messageSeq', i);
  if (seq === null) return null;
  const editedAt = read('editedAt', i);
  const hiddenAt = read('hiddenAt', i);
  return {
    conversation: read('id', i),
    seq,
    author: read('author', i),
    body: read('body', i),
    postedAt: timestampOf(read('postedAt', i)),
    editedAt: editedAt === null ? null : timestampOf(editedAt),
    deletedAt: null,
    hiddenAt: hiddenAt === null ? null : timestampOf(hiddenAt),
    changedSeq: read('changedSeq', i),
  };
}

type Access = MemberAccess & Pick<Conversation, 'minimumRoles' | 'actingRole'>;

/**
 * Returns a function that returns what the account may do in a conversation. Conversations with the
 * same settings share the result: an account may have thousands.
 */
function accessReader(
  serverRole: AccountRole | null,
  read: RowReader<ConversationDetails>,
): (i: number) => Access {
  const known = new Map<string, Access>();
  return (i) => {
    const [kind, visibility, isEveryone] = [
      read('kind', i),
      read('visibility', i),
      read('isEveryone', i),
    ];
    const [role, memberCount, overrides] = [
      read('role', i),
      read('memberCount', i),
      read('minimumRoles', i),
    ];
    const isArchived = read('archivedAt', i) !== null;
    const settings = [kind, visibility, isEveryone, role, memberCount, overrides, isArchived];
    const key = JSON.stringify(settings);
    const found = known.get(key);
    if (found) return found;
    const type = conversationType({ kind, visibility, isEveryone });
    const acting = actingRole(role, isEveryone, serverRole);
    const minimumRoles = minimumRolesOf(visibility, overrides);
    const access: Access = {
      minimumRoles: type === 'direct' ? null : minimumRoles,
      actingRole: acting,
      ...memberAccess(acting, { type, minimumRoles, isArchived, memberCount }),
    };
    known.set(key, access);
    return access;
  };
}
