import type { AccountRow, ConversationRow, MembershipRow, StreamRow } from '../tables.ts';
import type { Transaction } from '../transaction.ts';
import { membersOf } from './conversations.ts';
import { isMember } from './lookups.ts';
import { unreadAfter, unreadMentionsAfter } from './read-cursors.ts';
import { isInConversation, lastMessageJson } from './reads.ts';
import { changed, jsonTime, reads, type Statement, time } from './statement.ts';

/** The statements that clients start from, and lists of conversations and members. */
export const snapshotStatements: readonly Statement[] = [
  reads('conversations-of', 'c626bb1443b1', (tx, [account]) => [
    {
      items: currentOf(tx, account as string).map((c) => snapshotJson(tx, c)),
      server_role: serverRole(tx, account as string),
    },
  ]),

  reads('conversations-for', 'e2c50cae1b88', (tx, values) => {
    const [account, id] = values as [string, string];
    return currentOf(tx, account)
      .filter((c) => c.conversation.id === id)
      .map((c) => ({
        item: snapshotJson(tx, c),
        server_role: serverRole(tx, account),
      }));
  }),

  reads('conversations-start', 'a68665ea0f4a', start),

  reads('conversations-public', '73115380522b', (tx, values) => {
    const [account, name, after, search, limit, member] = values as [
      string,
      string,
      string,
      string,
      number,
      string | null,
    ];
    const isAfter = (c: ConversationRow) => compare(nameOf(c), name) || compare(c.id, after);
    return tx.tables.conversations
      .rows()
      .flatMap((row) => tx.see(row) ?? [])
      .filter((c) => c.kind === 'group' && c.visibility === 'public' && c.deleted_at === null)
      .filter((c) => c.archived_at === null)
      .filter((c) => isAfter(c) > 0 && nameOf(c).includes(search.toLowerCase()))
      .filter((c) => member === null || isMember(tx, member, c.id))
      .sort((a, b) => compare(nameOf(a), nameOf(b)) || compare(a.id, b.id))
      .slice(0, limit)
      .map((c) => ({
        key: nameOf(c),
        item: {
          id: c.id,
          name: c.name,
          topic: c.topic,
          avatar: c.avatar,
          memberCount: c.member_count,
          isMember: isMember(tx, account, c.id),
          createdAt: jsonTime(c.created_at),
        },
      }));
  }),

  reads('conversations-members', '89277dab756c', (tx, values) => {
    const [account, conversation, after, search, limit, receipts] = values as [
      string,
      string,
      number,
      string,
      number,
      number,
    ];
    const found = tx.one(tx.tables.conversationsById, conversation);
    if (!found || !isMember(tx, account, conversation)) return [];
    const items = membersOf(tx, conversation)
      .filter((m) => m.joined_seq > after)
      .flatMap((m) => {
        const member = tx.one(tx.tables.accountsById, m.account_id);
        const names = member ? [member.display_name, member.username] : [];
        const matches = names.some((n) => n.toLowerCase().includes(search.toLowerCase()));
        return member && matches ? [memberJson(m, member, found, receipts)] : [];
      })
      .slice(0, limit)
      .map((item) => ({ item }));
    return items.length > 0 ? items : [{ item: null }];
  }),

  reads('conversations-member', '7ce631085d14', (tx, values) => {
    const [account, conversation, id, receipts] = values as [string, string, string, number];
    const found = tx.one(tx.tables.conversationsById, conversation);
    const member = tx.one(tx.tables.accountsById, id);
    if (!found || !member || !isMember(tx, account, conversation)) return [];
    return membersOf(tx, conversation)
      .filter((m) => m.account_id === id)
      .map((m) => ({ item: memberJson(m, member, found, receipts) }));
  }),
];

/** The statements about accounts that a connection uses. */
export const accountStatements: readonly Statement[] = [
  // Nothing reads the audit log in a simulation.
  { name: 'audit-insert', digest: '726e85230b34', run: () => changed('INSERT', 1) },
  reads('accounts-me', 'b8b5e26c6469', (tx, [id]) => {
    const account = tx.one(tx.tables.accountsById, id as string);
    if (!account) return [];
    return [
      {
        id: account.id,
        username: account.username,
        display_name: account.display_name,
        is_active: account.is_active,
        created_at: time(account.created_at),
        name_is_shared: false,
        // No account has an avatar in a simulation.
        avatar: null,
        is_guest: false,
        is_tour_ended: false,
        locale: null,
        email: account.username,
        role: account.role,
        verified_at: null,
        first_name: null,
        last_name: null,
        phone: null,
        title: null,
        pronouns: null,
        time_zone: null,
        second_factor: false,
        // No setting of the server is changed in a simulation.
        settings: null,
        // No email is sent in a simulation.
        email_failure: null,
      },
    ];
  }),
];

/** A current membership with its conversation. */
interface Current {
  readonly membership: MembershipRow;
  readonly conversation: ConversationRow;
  readonly stream: StreamRow;
  /** The membership of the other user of a direct conversation. */
  readonly peer: MembershipRow | null;
}

function currentOf(tx: Transaction, account: string): Current[] {
  return tx.all(tx.tables.membershipsByAccount, account).flatMap((membership) => {
    const id = membership.conversation_id;
    const conversation = tx.one(tx.tables.conversationsById, id);
    const stream = tx.one(tx.tables.streamsById, id);
    if (membership.left_seq !== null || !conversation || !stream) return [];
    const hasPeer = conversation.kind === 'direct' && usersOf(conversation).length === 2;
    const others = hasPeer ? membersOf(tx, id) : [];
    const peer = others.find((m) => m.account_id !== account) ?? null;
    return [{ membership, conversation, stream, peer }];
  });
}

function snapshotJson(tx: Transaction, { membership: m, conversation: c, stream, peer }: Current) {
  return {
    id: c.id,
    kind: c.kind,
    visibility: c.visibility,
    name: c.name,
    topic: c.topic,
    description: c.description,
    avatar: c.avatar,
    archivedAt: jsonTime(c.archived_at),
    slowModeSeconds: c.slow_mode_seconds,
    linkPreviews: c.link_previews,
    isEveryone: c.is_everyone,
    minimumRoles: c.minimum_roles,
    peer: peer?.account_id ?? null,
    peers: c.kind === 'direct' ? usersOf(c).filter((id) => id !== m.account_id) : null,
    memberCount: c.member_count,
    createdAt: jsonTime(c.created_at),
    role: m.role,
    joinedSeq: m.joined_seq,
    readSeq: m.read_seq,
    readRevision: m.read_revision,
    unread: unreadAfter(tx, m, m.read_seq),
    unreadMentions: unreadMentionsAfter(tx, m, m.read_seq),
    peerReadSeq: peer?.read_seq ?? null,
    lastSeq: stream.last_seq,
    lastMessage: lastMessageOf(tx, c.id),
  };
}

/** Returns the users in the key of a direct conversation. */
const usersOf = (c: ConversationRow): string[] => (c.direct_key ?? '').split(' ');

function lastMessageOf(tx: Transaction, conversation: string) {
  const { messagesByPlace } = tx.tables;
  for (const row of messagesByPlace.before(conversation, Number.POSITIVE_INFINITY)) {
    const message = tx.see(row);
    if (!message || message.deleted_at !== null || !isInConversation(message)) continue;
    return lastMessageJson(message);
  }
  return null;
}

function start(tx: Transaction, values: readonly unknown[]): readonly object[] {
  const [account, personal, workspace, cursor, epoch, known] = values as [
    string,
    string,
    string,
    string[],
    string | undefined | null,
    string,
  ];
  const seqs = JSON.parse(known) as Record<string, number>;
  const isCurrent = ({ conversation, stream }: Current) =>
    seqs[conversation.id] === stream.last_seq &&
    !conversation.is_everyone &&
    epoch === tx.tables.epoch;
  const current = currentOf(tx, account);
  const unchanged = new Set(current.filter(isCurrent).map((c) => c.conversation.id));
  const periods = cursor
    .filter((id) => !unchanged.has(id))
    .sort()
    .flatMap((id) =>
      tx
        .all(tx.tables.membershipsByPair, id + account)
        .sort((a, b) => a.joined_seq - b.joined_seq)
        .map((m) => [id, m.joined_seq, m.left_seq]),
    );
  return [
    {
      epoch: tx.tables.epoch,
      read_version: tx.one(tx.tables.accountsById, account)?.read_version ?? null,
      server_role: serverRole(tx, account),
      personal_seq: tx.one(tx.tables.streamsById, personal)?.last_seq ?? null,
      workspace_seq: tx.one(tx.tables.streamsById, workspace)?.last_seq ?? null,
      periods,
      conversations: current.map((c) =>
        unchanged.has(c.conversation.id) ? unchangedJson(tx, c) : snapshotJson(tx, c),
      ),
    },
  ];
}

const unchangedJson = (tx: Transaction, { membership: m, stream, peer }: Current) => [
  m.conversation_id,
  m.joined_seq,
  stream.last_seq,
  m.read_seq,
  m.read_revision,
  unreadAfter(tx, m, m.read_seq),
  unreadMentionsAfter(tx, m, m.read_seq),
  peer?.read_seq ?? null,
];

/** Returns the role of an account on the server; null if there is no such account. */
const serverRole = (tx: Transaction, account: string): string | null =>
  tx.one(tx.tables.accountsById, account)?.role ?? null;

const memberJson = (
  m: MembershipRow,
  account: AccountRow,
  conversation: ConversationRow,
  receipts: number,
) => ({
  account: m.account_id,
  username: account.username,
  displayName: account.display_name,
  avatar: null,
  role: m.role,
  joinedSeq: m.joined_seq,
  readSeq: conversation.member_count <= receipts ? m.read_seq : null,
});

const nameOf = (c: ConversationRow): string => (c.name ?? '').toLowerCase();
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
