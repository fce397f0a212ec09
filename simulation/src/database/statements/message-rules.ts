import type { MembershipRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { isDeactivated, isServerAdmin } from './lookups.ts';
import { listForms, reads, type Statement, time, type Values } from './statement.ts';

const TARGET_COLUMNS = [
  'author_id',
  'deleted',
  'hidden',
  'changed_seq',
  'thread',
  'also_in_conversation',
  'visibility',
  'overrides',
  'role',
  'is_everyone',
  'is_archived',
  'member_count',
  'is_blocked',
  'is_server_admin',
  'has_lost_access',
];

/** The statements that the rules of commands that post and change messages read with. */
export const messageRuleStatements: readonly Statement[] = [
  ...listForms(
    reads(
      'messages-members',
      '1bc8edbc6b8e',
      (tx, values) => {
        const [accounts, conversations, toEveryone] = values as [string[], string[], boolean[]];
        return accounts.flatMap((account, n) => {
          const periods = tx.all(tx.tables.membershipsByPair, conversations[n] + account);
          const last = periods.reduce<(typeof periods)[number] | null>(
            (a, b) => (a && a.joined_seq > b.joined_seq ? a : b),
            null,
          );
          const c = tx.one(tx.tables.conversationsById, conversations[n] as string);
          if (!c || !last || last.left_seq !== null) return [];
          const post = c.minimum_roles.post ?? null;
          const reply = c.minimum_roles.replyInThreads ?? null;
          const isSlow = c.slow_mode_seconds > 0;
          return [
            {
              n: n + 1,
              role: last.role,
              visibility: c.visibility,
              is_everyone: c.is_everyone,
              post,
              reply,
              mention_everyone: c.minimum_roles.mentionEveryone ?? null,
              member_count: c.member_count,
              is_server_admin:
                c.is_everyone && (post !== null || reply !== null || isSlow || toEveryone[n])
                  ? isServerAdmin(tx, account)
                  : null,
              is_archived: c.archived_at !== null,
              slow_mode_seconds: c.slow_mode_seconds,
              slow_posted_at: isSlow ? lastSlowPost(periods) : null,
              // No account blocks another one in a simulation.
              is_blocked: c.kind === 'direct' ? false : null,
              // No account is suspended in a simulation.
              has_lost_access: isDeactivated(tx, account),
            },
          ];
        });
      },
      [
        'n',
        'role',
        'visibility',
        'is_everyone',
        'post',
        'reply',
        'mention_everyone',
        'member_count',
        'is_server_admin',
        'is_archived',
        'slow_mode_seconds',
        'slow_posted_at',
        'is_blocked',
        'has_lost_access',
      ],
    ),
    '9343c565f21a',
  ),

  reads(
    'messages-quoted',
    '7a4dc2e81568',
    (tx, values) => {
      const [ns, conversations, seqs] = values as [number[], string[], number[]];
      return ns.flatMap((n, i) =>
        tx.one(tx.tables.messagesByKey, `${conversations[i]}${seqs[i]}`) ? [{ n }] : [],
      );
    },
    ['n'],
  ),

  reads('messages-target', '2b45ab4069b4', targetOf, TARGET_COLUMNS),

  reads(
    'messages-target-edit',
    'c1deb606dc46',
    (tx, values) =>
      targetOf(tx, values).map((row) => {
        const [, conversation, seq] = values as [string, string, number];
        const is_fixed = tx.one(tx.tables.partsKey, conversation + seq) !== null;
        // No message of a simulation has a link.
        const message = tx.one(tx.tables.messagesByKey, conversation + seq);
        return { ...row, is_fixed, previews: null, mentions: message?.mentions ?? null };
      }),
    ['is_fixed', 'previews', 'mentions', ...TARGET_COLUMNS],
  ),

  // No simulated client attaches files.
  reads(
    'messages-target-delete',
    'ac5149c69752',
    (tx, values) => targetOf(tx, values).map((row) => ({ ...row, files: null })),
    ['files', ...TARGET_COLUMNS],
  ),

  reads(
    'messages-target-preview',
    'a5ebe4f4d963',
    (tx, values) => targetOf(tx, values).map((row) => ({ ...row, previews: null })),
    ['previews', ...TARGET_COLUMNS],
  ),

  reads(
    'messages-window',
    'e901f53fb0c9',
    (tx, values) => {
      const [conversation, seq] = values as [string, number];
      const message = tx.one(tx.tables.messagesByKey, conversation + seq);
      // No setting of the server is changed in a simulation.
      return message ? [{ seconds: null, posted_at: time(message.posted_at) }] : [];
    },
    ['seconds', 'posted_at'],
  ),
];

/** Returns the message that a command concerns, with the membership of its actor. */
function targetOf(tx: Transaction, values: Values): object[] {
  const [account, conversation, seq] = values as [string, string, number];
  const c = tx.one(tx.tables.conversationsById, conversation);
  const membership = tx
    .all(tx.tables.membershipsByPair, conversation + account)
    .find((period) => period.left_seq === null);
  if (!c || !membership) return [];
  const message = tx.one(tx.tables.messagesByKey, conversation + seq);
  return [
    {
      author_id: message?.author_id ?? null,
      deleted: (message?.deleted_at ?? null) !== null,
      hidden: (message?.hidden_at ?? null) !== null,
      changed_seq: message?.changed_seq ?? null,
      thread: message?.thread ?? null,
      also_in_conversation: message?.also_in_conversation ?? null,
      visibility: c.visibility,
      overrides: c.minimum_roles,
      role: membership.role,
      is_everyone: c.is_everyone,
      is_archived: c.archived_at !== null,
      member_count: c.member_count,
      is_blocked: c.kind === 'direct' ? false : null,
      is_server_admin: c.is_everyone ? isServerAdmin(tx, account) : null,
      // No account is suspended in a simulation.
      has_lost_access: isDeactivated(tx, account),
    },
  ];
}

/** Returns when a member last posted in slow mode; null if it never did. */
const lastSlowPost = (periods: readonly MembershipRow[]): Date | null => {
  const times = periods.flatMap((period) => period.slow_posted_at ?? []);
  return times.length > 0 ? time(Math.max(...times)) : null;
};
