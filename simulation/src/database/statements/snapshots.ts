import { WORKSPACE_STREAM } from '@parley/protocol';
import type {
  AccountRow,
  ConversationRow,
  MembershipRow,
  MessageRow,
  StreamRow,
} from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { membersOf } from './conversations.ts';
import { isGuest, isMember, mayFind, mayKnow } from './lookups.ts';
import { unreadAfter, unreadMentionsByKind } from './read-cursors.ts';
import { isInConversation } from './reads.ts';
import { changed, jsonTime, listForms, reads, type Statement, time } from './statement.ts';

/** The statements that clients start from, and lists of conversations and members. */
export const snapshotStatements: readonly Statement[] = [
  reads('conversations-of', '26010aa657ff', (tx, [account]) => [
    snapshotsJson(tx, account as string, currentOf(tx, account as string), new Set(), 1_000),
  ]),

  reads('conversations-for', '0339b8f6df3b', (tx, values) => {
    const [account, id] = values as [string, string];
    const found = currentOf(tx, account).filter((c) => c.conversation.id === id);
    return [snapshotsJson(tx, account, found, new Set(), 1_000)];
  }),

  ...listForms(reads('conversations-start', '8a843c7263d9', starts), '5c166c48b27f'),

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
  reads('users-findable', '8ec6d305a764', (tx, values) => {
    const [account, others] = values as [string, string[]];
    return others.filter((id) => mayFind(tx, account, id)).map((id) => ({ id }));
  }),
  reads('users-known-to-guests', 'f70f5a6d0b62', (tx, values) => {
    const [guests, accounts] = values as [string[], string[]];
    return guests.flatMap((guest) =>
      accounts.filter((id) => mayKnow(tx, guest, id)).map((account) => ({ guest, account })),
    );
  }),
  ...listForms(
    reads('accounts-me', '78b4598a116c', (tx, [ids]) =>
      (ids as string[]).flatMap((id) => {
        const account = tx.one(tx.tables.accountsById, id);
        return account ? [meRow(account)] : [];
      }),
    ),
    'ae7c1d9a1f0a',
  ),
];

const meRow = (account: AccountRow) => ({
  id: account.id,
  username: account.username,
  display_name: account.display_name,
  is_active: account.is_active,
  created_at: time(account.created_at),
  name_is_shared: false,
  // No account has an avatar in a simulation.
  avatar: null,
  is_guest: account.role === 'guest',
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
});

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

/** Returns what conversations/snapshot-sql.ts reads of conversations, of which some are unchanged. */
function snapshotsJson(
  tx: Transaction,
  account: string,
  current: readonly Current[],
  unchanged: ReadonlySet<string>,
  bodyCharacters: number,
) {
  return {
    server_role: serverRole(tx, account),
    states: columns(
      ['id', 'joinedSeq', 'lastSeq', 'readSeq', 'readRevision', 'unread'],
      current.map(({ membership: m, stream }) => ({
        id: m.conversation_id,
        joinedSeq: m.joined_seq,
        lastSeq: stream.last_seq,
        readSeq: m.read_seq,
        readRevision: m.read_revision,
        unread: unreadAfter(tx, m, m.read_seq),
      })),
    ),
    details: columns(
      DETAILS,
      current
        .filter((c) => !unchanged.has(c.conversation.id))
        .map((c) => detailsJson(tx, c, bodyCharacters)),
    ),
    peers: columns(
      ['id', 'account', 'readSeq'],
      current.flatMap(({ conversation: { id }, peer }) =>
        peer ? [{ id, account: peer.account_id, readSeq: peer.read_seq }] : [],
      ),
    ),
    mentions: columns(
      ['id', 'seq'],
      current.flatMap(({ membership: m }) => unreadMentionRows(tx, m)),
    ),
  };
}

const DETAILS = [
  ...['id', 'kind', 'visibility', 'name', 'topic', 'description', 'avatar', 'archivedAt'],
  ...['slowModeSeconds', 'linkPreviews', 'isEveryone', 'minimumRoles', 'directKey', 'memberCount'],
  ...['createdAt', 'role', 'messageSeq', 'author', 'body', 'postedAt', 'editedAt', 'hiddenAt'],
  'changedSeq',
];

function detailsJson(
  tx: Transaction,
  { membership: m, conversation: c }: Current,
  bodyCharacters: number,
) {
  const message = lastMessageOf(tx, c.id);
  return {
    id: c.id,
    kind: c.kind,
    visibility: c.visibility,
    name: c.name,
    topic: c.topic,
    description: c.description,
    avatar: c.avatar,
    archivedAt: seconds(c.archived_at),
    slowModeSeconds: c.slow_mode_seconds,
    linkPreviews: c.link_previews,
    isEveryone: c.is_everyone,
    minimumRoles: c.minimum_roles,
    directKey: c.direct_key,
    memberCount: c.member_count,
    createdAt: seconds(c.created_at),
    role: m.role,
    messageSeq: message?.seq ?? null,
    author: message?.author_id ?? null,
    body: message ? [...message.body].slice(0, bodyCharacters).join('') : null,
    postedAt: seconds(message?.posted_at ?? null),
    editedAt: seconds(message?.edited_at ?? null),
    hiddenAt: seconds(message?.hidden_at ?? null),
    changedSeq: message?.changed_seq ?? null,
  };
}

/** Returns the unread messages that mention the member, and those that mention everyone. */
function unreadMentionRows(tx: Transaction, m: MembershipRow): { id: string; seq: number }[] {
  const { ofMember, ofEveryone } = unreadMentionsByKind(tx, m, m.read_seq);
  return [...ofMember, ...ofEveryone].map((seq) => ({ id: m.conversation_id, seq }));
}

/** Returns rows as storage/json-columns.ts reads them. */
function columns(names: readonly string[], rows: readonly object[]) {
  const valuesOf = (name: string) => rows.map((row) => (row as Record<string, unknown>)[name]);
  return Object.fromEntries(names.map((name) => [name, rows.length > 0 ? valuesOf(name) : null]));
}

/** Returns a time in seconds. */
const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

/** Returns the users in the key of a direct conversation. */
const usersOf = (c: ConversationRow): string[] => (c.direct_key ?? '').split(' ');

function lastMessageOf(tx: Transaction, conversation: string): MessageRow | null {
  const { messagesByPlace } = tx.tables;
  for (const row of messagesByPlace.before(conversation, Number.POSITIVE_INFINITY)) {
    const message = tx.see(row);
    if (!message || message.deleted_at !== null || !isInConversation(message)) continue;
    return message;
  }
  return null;
}

function starts(tx: Transaction, values: readonly unknown[]): readonly object[] {
  const [accounts, personals, streams, epochs, snapshots] = values as [
    string[],
    string[],
    string[],
    (string | null)[],
    string[],
  ];
  return accounts.map((account, n) => ({
    n: n + 1,
    ...start(tx, {
      account,
      personal: personals[n] as string,
      cursor: itemsOf(streams[n] as string),
      epoch: epochs[n] as string | null,
      known: snapshots[n] as string,
    }),
  }));
}

/** Returns the ids in the literal of an array. */
const itemsOf = (literal: string): string[] => literal.slice(1, -1).split(',').filter(Boolean);

/** The parameters of one client that starts. */
interface StartValues {
  readonly account: string;
  readonly personal: string;
  readonly cursor: readonly string[];
  readonly epoch: string | null;
  readonly known: string;
}

function start(
  tx: Transaction,
  { account, personal, cursor, epoch, known }: StartValues,
): Record<string, unknown> {
  const seqs = JSON.parse(known) as Record<string, number>;
  const isCurrent = ({ conversation, stream }: Current) =>
    seqs[conversation.id] === stream.last_seq &&
    !conversation.is_everyone &&
    !isGuest(tx, account) &&
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
        .map((m) => ({ stream: id, joinedSeq: m.joined_seq, leftSeq: m.left_seq })),
    );
  return {
    epoch: tx.tables.epoch,
    read_version: tx.one(tx.tables.accountsById, account)?.read_version ?? null,
    personal_seq: tx.one(tx.tables.streamsById, personal)?.last_seq ?? null,
    workspace_seq: tx.one(tx.tables.streamsById, WORKSPACE_STREAM)?.last_seq ?? null,
    periods: columns(['stream', 'joinedSeq', 'leftSeq'], periods),
    ...snapshotsJson(tx, account, current, unchanged, 300),
  };
}

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
