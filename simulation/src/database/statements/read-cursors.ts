import { LIMITS } from '@parley/protocol';
import { NO_KEY_UPDATE, type Row, type Steps } from '../tables/row.ts';
import type { AccountRow, MembershipRow, MentionRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { isInConversation } from './reads.ts';
import { type Result, reads, type Statement, selected, writes } from './statement.ts';

/** The statements of read cursors. */
export const readCursorStatements: readonly Statement[] = [
  writes('read-cursors-move', 'ef033feb8e2f', move),

  reads('read-cursors-of', 'd6808f9651c2', (tx, [account]) => {
    const row = tx.one(tx.tables.accountsById, account as string);
    if (!row) return [];
    const items = tx
      .all(tx.tables.membershipsByAccount, row.id)
      .filter((m) => m.left_seq === null)
      .flatMap((m) => {
        const stream = tx.one(tx.tables.streamsById, m.conversation_id);
        return stream ? [cursorJson(tx, m, m, stream.last_seq)] : [];
      });
    return [{ read_version: row.read_version, items }];
  }),

  reads('read-cursors-versions', 'b0759dd48db1', (tx, [ids]) =>
    [...new Set(ids as string[])].flatMap((id) => {
      const row = tx.one(tx.tables.accountsById, id);
      return row ? [{ id, read_version: row.read_version }] : [];
    }),
  ),
];

/** One of the cursors that a statement moves. */
interface Move {
  readonly n: number;
  readonly row: Row<MembershipRow>;
  readonly membership: MembershipRow;
  readonly lastSeq: number;
  readonly goal: number;
  /** The increase of the revision. */
  readonly raise: 0 | 1;
  /** The number of the move among those of its account; null if the cursor is already there. */
  step: number | null;
}

/** Moves cursors. It skips rows that others have locked, so it never waits. */
function* move(tx: Transaction, values: readonly unknown[]): Steps<Result> {
  const [accounts, conversations] = values as [string[], string[]];
  const { accountsById, membershipsByPair, memberships } = tx.tables;
  const free = new Map<string, { row: Row<AccountRow>; version: number }>();
  for (const id of new Set(accounts)) {
    for (const row of accountsById.find(id)) {
      const account = tx.see(row);
      if (account && tx.tryLock(row, NO_KEY_UPDATE)) {
        free.set(id, { row, version: account.read_version });
      }
    }
  }
  const isCurrent = (m: MembershipRow) => m.left_seq === null;
  const current = accounts.map((id, n) =>
    tx.rows(membershipsByPair.find(conversations[n] + id), isCurrent),
  );
  const moves = accounts.map((id, n) =>
    free.has(id) ? targetOf(tx, values, n, current[n]?.[0]) : null,
  );
  const steps = new Map<string, number>();
  for (const target of moves) {
    if (target === null) continue;
    if (target.goal === target.membership.read_seq && target.raise === 0) continue;
    const { account_id } = target.membership;
    target.step = (steps.get(account_id) ?? 0) + 1;
    steps.set(account_id, target.step);
  }
  const rows = accounts.map((id, n) => {
    const target = moves[n] ?? null;
    const version = free.get(id)?.version ?? 0;
    return {
      n: n + 1,
      is_member: (current[n] as readonly unknown[]).length > 0,
      version: target ? version + (target.step ?? steps.get(id) ?? 0) : null,
      moved: (target?.step ?? null) !== null,
      ...reported(tx, target),
    };
  });
  for (const target of moves) {
    if (target?.step == null) continue;
    const { goal: read_seq, raise } = target;
    const read_revision = (m: MembershipRow) => m.read_revision + raise;
    const change = (m: MembershipRow) => ({ ...m, read_seq, read_revision: read_revision(m) });
    yield* tx.update(memberships, [target.row], () => true, change);
  }
  for (const [id, count] of steps) {
    const account = (free.get(id) as { row: Row<AccountRow> }).row;
    const change = (a: AccountRow) => ({ ...a, read_version: a.read_version + count });
    yield* tx.update(tx.tables.accounts, [account], () => true, change);
  }
  return selected(rows);
}

/** Locks the membership of a move. Returns null if there is none or another transaction has locked it. */
function targetOf(
  tx: Transaction,
  values: readonly unknown[],
  n: number,
  row: Row<MembershipRow> | undefined,
): Move | null {
  const [, conversations, seqs, backs, revisions] = values as [
    string[],
    string[],
    number[],
    boolean[],
    (number | null)[],
  ];
  if (!row || !tx.tryLock(row, NO_KEY_UPDATE)) return null;
  const membership = tx.see(row) as MembershipRow;
  const stream = tx.one(tx.tables.streamsById, conversations[n] as string);
  if (!stream) return null;
  const wanted = Math.min(seqs[n] as number, stream.last_seq);
  const isStale = (revisions[n] ?? membership.read_revision) !== membership.read_revision;
  const moved = backs[n] ? wanted : Math.max(membership.read_seq, wanted);
  const goal = isStale ? membership.read_seq : moved;
  const raise = backs[n] && !isStale ? 1 : 0;
  return { n, row, membership, lastSeq: stream.last_seq, goal, raise, step: null };
}

function reported(tx: Transaction, target: Move | null) {
  if (!target) return { send_receipts: null, cursor: null };
  const { membership, goal, raise, lastSeq } = target;
  const conversation = tx.one(tx.tables.conversationsById, membership.conversation_id);
  return {
    send_receipts: conversation ? conversation.member_count <= LIMITS.receiptsMembers : null,
    cursor: cursorJson(
      tx,
      membership,
      { read_seq: goal, read_revision: membership.read_revision + raise },
      lastSeq,
    ),
  };
}

const cursorJson = (
  tx: Transaction,
  m: MembershipRow,
  { read_seq, read_revision }: Pick<MembershipRow, 'read_seq' | 'read_revision'>,
  asOf: number,
) => ({
  conversation: m.conversation_id,
  readSeq: read_seq,
  revision: read_revision,
  unread: unreadAfter(tx, m, read_seq),
  unreadMentions: unreadMentionsAfter(tx, m, read_seq),
  asOf,
});

/** Returns the number of messages by others after a seq, up to the limit. */
export function unreadAfter(tx: Transaction, m: MembershipRow, readSeq: number): number {
  let count = 0;
  for (const row of tx.tables.messagesByPlace.from(m.conversation_id, readSeq + 1)) {
    const message = tx.see(row);
    if (!message || message.author_id === m.account_id || message.deleted_at !== null) continue;
    if (!isInConversation(message)) continue;
    if (++count >= LIMITS.unreadMax) break;
  }
  return count;
}

/** Returns the messages after `readSeq` that mention the member or everyone, in order, at most the last ones. */
function unreadMentionsAfter(tx: Transaction, m: MembershipRow, readSeq: number): number[] {
  const { ofMember, ofEveryone } = unreadMentionsByKind(tx, m, readSeq);
  return [...new Set([...ofMember, ...ofEveryone])].sort((a, b) => a - b).slice(-LIMITS.unreadMax);
}

/** Returns the messages after `readSeq` that mention the member, and those that mention everyone, at most the last ones. */
export function unreadMentionsByKind(
  tx: Transaction,
  m: MembershipRow,
  readSeq: number,
): { ofMember: number[]; ofEveryone: number[] } {
  const { mentionsByAccount, messagesByKey, messagesByPlace } = tx.tables;
  const isShown = ({ thread, conversation_id, message_seq }: MentionRow) => {
    const message = thread !== null && tx.one(messagesByKey, conversation_id + message_seq);
    return thread === null || (message && isInConversation(message));
  };
  const ofMember = tx
    .all(mentionsByAccount, m.account_id + m.conversation_id)
    .filter(isShown)
    .map((row) => row.message_seq)
    .filter((seq) => seq > readSeq)
    .sort((a, b) => a - b);
  const ofEveryone: number[] = [];
  for (const row of messagesByPlace.from(m.conversation_id, readSeq + 1)) {
    const message = tx.see(row);
    const isToEveryone = message?.mentions?.some(({ kind }) => kind === 'everyone') ?? false;
    if (!message || !isToEveryone || !isInConversation(message)) continue;
    if (message.author_id !== m.account_id) ofEveryone.push(message.seq);
  }
  const last = (seqs: number[]) => seqs.slice(-LIMITS.unreadMax);
  return { ofMember: last(ofMember), ofEveryone: last(ofEveryone) };
}
