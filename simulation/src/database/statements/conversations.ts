import type { ConversationRow, MembershipRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { isGuest, mayFind } from './lookups.ts';
import { changed, ms, reads, type Statement, writes } from './statement.ts';

/** The statements of the rules of conversations. */
export const conversationRuleStatements: readonly Statement[] = [
  reads('conversations-avatar', '8f74af88d674', (tx, [conversation]) => {
    const c = tx.one(tx.tables.conversationsById, conversation as string);
    return c ? [{ avatar: c.avatar }] : [];
  }),
  reads(
    'conversations-state',
    '4e74f0b580b6',
    (tx, values) => {
      const [conversation, account] = values as [string, string];
      const { conversationsById, accountsById, membershipsByPair } = tx.tables;
      const c = tx.one(conversationsById, conversation);
      if (!c) return [];
      const actor = tx.one(accountsById, account);
      const periods = tx.all(membershipsByPair, conversation + account);
      const current = periods.find((m) => m.left_seq === null);
      const left = periods.flatMap((m) => m.left_seq ?? []);
      return [
        {
          kind: c.kind,
          visibility: c.visibility,
          is_everyone: c.is_everyone,
          minimum_roles: c.minimum_roles,
          name: c.name,
          topic: c.topic,
          description: c.description,
          slow_mode_seconds: c.slow_mode_seconds,
          link_previews: c.link_previews,
          is_archived: c.archived_at !== null,
          member_count: c.member_count,
          is_deleted: c.deleted_at !== null,
          server_role: actor?.role ?? null,
          is_active: actor?.is_active ?? null,
          has_lost_access: actor ? !actor.is_active : null,
          role: current?.role ?? null,
          joined_seq: current?.joined_seq ?? null,
          left_seq: left.length > 0 ? Math.max(...left) : null,
          // No account is banned in a simulation.
          is_banned: false,
        },
      ];
    },
    [
      'kind',
      'visibility',
      'is_everyone',
      'minimum_roles',
      'name',
      'topic',
      'description',
      'slow_mode_seconds',
      'link_previews',
      'is_archived',
      'member_count',
      'is_deleted',
      'server_role',
      'is_active',
      'has_lost_access',
      'role',
      'joined_seq',
      'left_seq',
      'is_banned',
    ],
  ),

  reads(
    // No account is suspended in a simulation.
    'conversations-active-accounts',
    '13f41f2074b7',
    (tx, [ids]) =>
      [...new Set(ids as string[])].flatMap((id) =>
        tx.one(tx.tables.accountsById, id)?.is_active ? [{ id }] : [],
      ),
    ['id'],
  ),

  reads(
    'conversations-direct',
    '328b608eac1c',
    (tx, [key, users, actor]) => {
      const [found] = tx.all(tx.tables.conversationsByUsers, key as string);
      const is_hidden = (users as string[]).some((id) => !mayFind(tx, actor as string, id));
      // No account blocks another one in a simulation.
      return [{ id: found?.id ?? null, is_blocked: false, is_hidden }];
    },
    ['id', 'is_blocked', 'is_hidden'],
  ),

  reads(
    'conversations-successor',
    '23a5c823ca9c',
    (tx, values) => {
      const [conversation, leaver] = values as [string, string];
      const maySucceed = (id: string) =>
        tx.one(tx.tables.accountsById, id)?.is_active === true && !isGuest(tx, id);
      const members = membersOf(tx, conversation).filter(
        (m) => m.account_id !== leaver && maySucceed(m.account_id),
      );
      const first = (role: string) => members.find((m) => m.role === role);
      const next = first('owner') ?? first('admin') ?? members[0];
      return next ? [{ account_id: next.account_id, role: next.role }] : [];
    },
    ['account_id', 'role'],
  ),
];

/** Returns the current memberships of a conversation by `joined_seq`. */
export function membersOf(tx: Transaction, conversation: string): MembershipRow[] {
  const members: MembershipRow[] = [];
  for (const row of tx.tables.membershipsByConversation.from(conversation, 0)) {
    const membership = tx.see(row);
    if (membership && membership.left_seq === null) members.push(membership);
  }
  return members;
}

/** The statements of the projections of conversations. */
export const conversationProjectionStatements: readonly Statement[] = [
  writes('conversations-created', '426078994152', function* (tx, values) {
    const { conversations, conversationsById } = tx.tables;
    let count = 0;
    for (const row of createdFrom(values)) {
      if (yield* tx.insert(conversations, row, [conversationsById])) count++;
    }
    return changed('INSERT', count);
  }),

  writes(
    'conversations-updated',
    '898bd63fa97a',
    function* (tx, values) {
      const [
        id,
        name,
        visibility,
        minimumRoles,
        topic,
        description,
        slow,
        archived,
        at,
        hasAvatar,
        avatar,
        links,
      ] = values as [
        string,
        string | null,
        string | null,
        string,
        string | null,
        string | null,
        number | null,
        boolean | string | null,
        string,
        boolean | string,
        string | null,
        boolean | string | null,
      ];
      const written = yield* tx.update(
        tx.tables.conversations,
        tx.rows(tx.tables.conversationsById.find(id)),
        () => true,
        (c) => ({
          ...c,
          name: name ?? c.name,
          visibility: visibility ?? c.visibility,
          minimum_roles: { ...c.minimum_roles, ...JSON.parse(minimumRoles) },
          topic: topic ?? c.topic,
          description: description ?? c.description,
          slow_mode_seconds: slow ?? c.slow_mode_seconds,
          link_previews: links === null ? c.link_previews : String(links) === 'true',
          archived_at:
            archived === null ? c.archived_at : String(archived) === 'true' ? ms(at) : null,
          avatar: String(hasAvatar) === 'true' ? avatar : c.avatar,
        }),
      );
      return changed('UPDATE', written.length);
    },
    { texts: [2, 3, 5, 6, 11] },
  ),

  writes('conversations-deleted', '1b6ae8b5fcb1', function* (tx, values) {
    const [ids, seqs, ats] = values as [string[], number[], string[]];
    const { conversations, conversationsById, memberships, membershipsByConversation } = tx.tables;
    const found = ids.map((id, n) => {
      const isCurrent = (m: MembershipRow) =>
        m.left_seq === null && m.joined_seq < (seqs[n] as number);
      return {
        isCurrent,
        members: tx.rows(membershipsByConversation.from(id, 0), isCurrent),
        conversation: tx.rows(conversationsById.find(id), (c) => c.deleted_at === null),
      };
    });
    let count = 0;
    for (const [n, { conversation }] of found.entries()) {
      const deleted = yield* tx.update(
        conversations,
        conversation,
        (c) => c.deleted_at === null,
        (c) => ({ ...c, deleted_at: ms(ats[n] as string), member_count: 0 }),
      );
      count += deleted.length;
    }
    // A data-modifying query that the statement does not read from is executed at its end.
    for (const [n, { members, isCurrent }] of found.entries()) {
      const left_seq = seqs[n] as number;
      yield* tx.update(memberships, members, isCurrent, (m) => ({ ...m, left_seq }));
    }
    return changed('UPDATE', count);
  }),

  writes('conversations-member-joined', '581ea4277f41', function* (tx, values) {
    const { memberships, membershipsKey } = tx.tables;
    const rows = joinedFrom(tx, values);
    const found = conversationRows(
      tx,
      rows.map((row) => row.conversation_id),
    );
    const inserted: MembershipRow[] = [];
    for (const row of rows) {
      if (yield* tx.insert(memberships, row, [membershipsKey])) inserted.push(row);
    }
    return changed('UPDATE', yield* countMembers(tx, found, inserted, 1));
  }),

  writes('conversations-member-left', '0a1c0979495e', function* (tx, values) {
    const [ids, accounts, seqs] = values as [string[], string[], number[]];
    const { memberships, membershipsByPair } = tx.tables;
    const found = conversationRows(tx, ids);
    const periods = ids.map((id, n) => {
      const isCurrent = (m: MembershipRow) =>
        m.left_seq === null && m.joined_seq < (seqs[n] as number);
      return { isCurrent, rows: tx.rows(membershipsByPair.find(id + accounts[n]), isCurrent) };
    });
    const ended: MembershipRow[] = [];
    for (const [n, { rows, isCurrent }] of periods.entries()) {
      const left_seq = seqs[n] as number;
      ended.push(...(yield* tx.update(memberships, rows, isCurrent, (m) => ({ ...m, left_seq }))));
    }
    return changed('UPDATE', yield* countMembers(tx, found, ended, -1));
  }),

  writes('conversations-role-changed', '2e470a25537b', function* (tx, values) {
    const [conversation, account, role, seq] = values as [string, string, string, number];
    const isCurrent = (m: MembershipRow) =>
      m.joined_seq < seq && (m.left_seq === null || m.left_seq > seq);
    const written = yield* tx.update(
      tx.tables.memberships,
      tx.rows(tx.tables.membershipsByPair.find(conversation + account), isCurrent),
      isCurrent,
      (m) => ({ ...m, role }),
    );
    return changed('UPDATE', written.length);
  }),
];

function createdFrom(values: readonly unknown[]): ConversationRow[] {
  const [ids, kinds, visibilities, names, keys, everyone, creators, ats] = values as [
    string[],
    string[],
    string[],
    (string | null)[],
    (string | null)[],
    boolean[],
    string[],
    string[],
  ];
  return ids.map((id, n) => ({
    id,
    kind: kinds[n] as string,
    visibility: visibilities[n] as string,
    name: names[n] ?? null,
    direct_key: keys[n] ?? null,
    is_everyone: everyone[n] as boolean,
    minimum_roles: {},
    topic: '',
    description: '',
    archived_at: null,
    slow_mode_seconds: 0,
    avatar: null,
    link_previews: true,
    member_count: 0,
    created_by: creators[n] as string,
    created_at: ms(ats[n] as string),
    deleted_at: null,
  }));
}

function joinedFrom(tx: Transaction, values: readonly unknown[]): MembershipRow[] {
  const [ids, accounts, seqs, roles] = values as [string[], string[], number[], string[]];
  return ids.map((conversation_id, n) => {
    const account_id = accounts[n] as string;
    const joined_seq = seqs[n] as number;
    const earlier = tx.all(tx.tables.membershipsByPair, conversation_id + account_id);
    const read_seq = earlier.length > 0 ? Math.max(...earlier.map((m) => m.read_seq)) : joined_seq;
    const role = roles[n] as string;
    const period = { conversation_id, account_id, joined_seq, left_seq: null };
    return { ...period, role, read_seq, read_revision: 0, slow_posted_at: null };
  });
}

/** Returns the visible rows of conversations, by id. */
const conversationRows = (tx: Transaction, ids: readonly string[]) =>
  new Map(ids.map((id) => [id, tx.rows(tx.tables.conversationsById.find(id))]));

/** Changes the number of members by the memberships that were written. */
function* countMembers(
  tx: Transaction,
  found: ReadonlyMap<
    string,
    ReturnType<typeof conversationRows> extends Map<string, infer R> ? R : never
  >,
  written: readonly MembershipRow[],
  by: 1 | -1,
) {
  let count = 0;
  for (const id of new Set(written.map((m) => m.conversation_id))) {
    const n = by * written.filter((m) => m.conversation_id === id).length;
    const changedRows = yield* tx.update(
      tx.tables.conversations,
      found.get(id) ?? [],
      () => true,
      (c) => ({ ...c, member_count: c.member_count + n }),
    );
    count += changedRows.length;
  }
  return count;
}
