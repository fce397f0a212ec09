import type { Mention } from '@parley/protocol';
import type {
  ConversationRow,
  MembershipRow,
  MentionRow,
  MessageRow,
  PinRow,
  ReactionRow,
} from '../tables.ts';
import type { Transaction } from '../transaction.ts';
import {
  changed,
  listForms,
  ms,
  reads,
  type Statement,
  time,
  type Values,
  writes,
} from './statement.ts';

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

  reads(
    'mentions-users',
    '65a35492cba7',
    (tx, values) => {
      const [names] = values as [string[]];
      return names.flatMap((name, i) =>
        tx.tables.accounts
          .rows()
          .flatMap((row) => tx.see(row) ?? [])
          .filter((a) => a.is_active && a.username.toLowerCase() === name)
          .map((a) => ({ n: i + 1, id: a.id })),
      );
    },
    ['n', 'id'],
  ),

  reads(
    'mentions-guests',
    'a2c22749dafc',
    // No account is a guest in a simulation.
    () => [],
    ['n'],
  ),

  reads(
    'mentions-user-groups',
    '1e228911d614',
    // No admin creates user groups in a simulation.
    () => [],
    ['n', 'id', 'is_large', 'accounts', 'is_by_server_admin'],
  ),

  reads(
    'mentions-groups',
    '48c4526e207a',
    (tx, values) => {
      const [names, accounts] = values as [string[], string[]];
      return names.flatMap((name, i) => {
        const isOwn = (c: ConversationRow) => isMember(tx, accounts[i] as string, c.id);
        const [first] = tx.tables.conversations
          .rows()
          .flatMap((row) => tx.see(row) ?? [])
          .filter((c) => c.kind === 'group' && c.deleted_at === null)
          .filter((c) => c.name?.toLowerCase().replaceAll(' ', '-') === name.toLowerCase())
          .filter((c) => c.visibility === 'public' || isOwn(c))
          .sort(
            (a, b) =>
              Number(isOwn(b)) - Number(isOwn(a)) ||
              a.created_at - b.created_at ||
              (a.id < b.id ? -1 : 1),
          );
        return first ? [{ n: i + 1, id: first.id }] : [];
      });
    },
    ['n', 'id'],
  ),

  reads(
    'messages-reactions',
    'ae3ff4746237',
    (tx, values) => {
      const [conversation, message] = values as [string, number];
      return tx
        .all(tx.tables.reactionsByMessage, conversation + message)
        .map(({ emoji, account_id, seq }) => ({ emoji, account_id, seq }));
    },
    ['emoji', 'account_id', 'seq'],
  ),

  reads(
    'messages-pins',
    '43507ca5e887',
    (tx, values) => {
      const [conversation, message] = values as [string, number];
      const pins = tx.all(tx.tables.pinsByConversation, conversation);
      const own = pins.find((pin) => pin.message_seq === message);
      return [{ count: pins.length, own: own?.seq ?? null }];
    },
    ['count', 'own'],
  ),

  reads('messages-to-erase', 'bf1d741c1a19', (tx, values) => {
    const [conversation, author, after, limit] = values as [string, string, number, number];
    const rows = tx.rows(tx.tables.messagesByPlace.from(conversation, after + 1), (m) =>
      isOpenOf(m, author),
    );
    return rows.slice(0, limit).map((row) => ({ seq: (tx.see(row) as MessageRow).seq }));
  }),

  reads(
    'messages-still-to-erase',
    '03d032b16368',
    (tx, values) => {
      const [conversation, author, seqs] = values as [string, string, number[]];
      return [...new Set(seqs)]
        .sort((a, b) => a - b)
        .flatMap((seq) => tx.all(tx.tables.messagesByKey, conversation + seq))
        .filter((m) => isOpenOf(m, author))
        .map(({ seq, author_id, thread, also_in_conversation }) => ({
          seq,
          author_id,
          thread,
          also_in_conversation,
          files: null,
        }));
    },
    ['seq', 'author_id', 'thread', 'also_in_conversation', 'files'],
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

/** Returns whether an account is an owner or admin of the server; null if there is no such account. */
const isServerAdmin = (tx: Transaction, account: string): boolean | null => {
  const role = tx.one(tx.tables.accountsById, account)?.role;
  return role === undefined ? null : role !== 'member';
};

const isDeactivated = (tx: Transaction, account: string): boolean | null => {
  const found = tx.one(tx.tables.accountsById, account);
  return found ? !found.is_active : null;
};

/** Returns whether an account is a member of a conversation. */
export const isMember = (tx: Transaction, account: string, conversation: string): boolean =>
  tx
    .all(tx.tables.membershipsByPair, conversation + account)
    .some((period) => period.left_seq === null);

const isOpenOf = (message: MessageRow, author: string): boolean =>
  message.author_id === author && message.deleted_at === null;

/** The statements of the projections and redactions of messages. */
export const messageProjectionStatements: readonly Statement[] = [
  writes('messages-slow-post', '02186a43e4e7', function* (tx, values) {
    const [conversation, account, at] = values as [string, string, string];
    const isCurrent = (m: MembershipRow) => m.left_seq === null;
    const written = yield* tx.update(
      tx.tables.memberships,
      tx.rows(tx.tables.membershipsByPair.find(conversation + account), isCurrent),
      isCurrent,
      (m) => ({ ...m, slow_posted_at: ms(at) }),
    );
    return changed('UPDATE', written.length);
  }),

  ...listForms(
    writes('messages-posted', '40093d176cb1', function* (tx, values) {
      const [streams, seqs, authors, bodies, ats, quoted, mentions, threads, also] = values as [
        string[],
        number[],
        string[],
        string[],
        string[],
        (number | null)[],
        (string | null)[],
        (number | null)[],
        boolean[],
      ];
      for (const [n, conversation_id] of streams.entries()) {
        yield* tx.insert(tx.tables.messages, {
          conversation_id,
          seq: seqs[n] as number,
          author_id: authors[n] as string,
          body: bodies[n] as string,
          posted_at: ms(ats[n] as string),
          edited_at: null,
          deleted_at: null,
          hidden_at: null,
          changed_seq: seqs[n] as number,
          reply_to: quoted[n] ?? null,
          mentions: mentionsIn(mentions[n]),
          thread: threads[n] ?? null,
          // Text if it is a separate parameter.
          also_in_conversation: String(also[n]) === 'true',
        });
      }
      return changed('INSERT', streams.length);
    }),
    '8f37328af422',
  ),

  writes(
    'messages-edited',
    '8694afb2d7d3',
    function* (tx, values) {
      const [conversation, message, body, at, seq, mentions] = values as [
        string,
        number,
        string,
        string,
        number,
        string | null,
      ];
      const edited_at = ms(at);
      return yield* changeMessage(tx, conversation, message, seq, (m) => ({
        ...m,
        body,
        edited_at,
        changed_seq: seq,
        mentions: mentionsIn(mentions),
      }));
    },
    { texts: [3] },
  ),

  writes('messages-changed', 'd15bcb8aed75', function* (tx, values) {
    const [conversation, message, seq] = values as [string, number, number];
    return yield* changeMessage(tx, conversation, message, seq, (m) => ({
      ...m,
      changed_seq: seq,
    }));
  }),

  writes('messages-deleted', '2ee59235a7be', function* (tx, values) {
    const [streams, messages, ats, seqs] = values as [string[], number[], string[], number[]];
    const found = streams.map((stream, n) =>
      tx.rows(
        tx.tables.messagesByKey.find(stream + messages[n]),
        (m) => m.changed_seq < (seqs[n] as number),
      ),
    );
    let count = 0;
    for (const [n, rows] of found.entries()) {
      const [seq, deleted_at] = [seqs[n] as number, ms(ats[n] as string)];
      const deleted = yield* tx.update(
        tx.tables.messages,
        rows,
        (m) => m.changed_seq < seq,
        (m) => ({ ...m, body: '', deleted_at, changed_seq: seq, reply_to: null, mentions: null }),
      );
      count += deleted.length;
    }
    return changed('UPDATE', count);
  }),

  writes('mentions-deleted', '6f908024eeb5', function* (tx, values) {
    const [streams, messages] = values as [string[], number[]];
    const rows = streams.flatMap((stream, n) =>
      tx.rows<MentionRow>(tx.tables.mentionsByMessage.find(stream + messages[n])),
    );
    return changed('DELETE', yield* tx.delete(tx.tables.mentions, rows));
  }),

  // No simulated client attaches files.
  // biome-ignore lint/correctness/useYield: nothing is locked
  writes('attachments-deleted', 'c225645f6f8d', function* () {
    return changed('DELETE', 0);
  }),

  // No simulated owner places a legal hold.
  // biome-ignore lint/correctness/useYield: nothing is locked
  writes('messages-keep-held', 'b32a7946cc43', function* () {
    return changed('INSERT', 0);
  }),

  writes('mentions-added', '7be30c92fc35', function* (tx, values) {
    const [streams, messages, accounts, seqs, threads] = values as [
      string[],
      number[],
      string[],
      number[],
      (number | null)[],
    ];
    for (const [n, conversation_id] of streams.entries()) {
      yield* tx.insert(tx.tables.mentions, {
        conversation_id,
        message_seq: messages[n] as number,
        account_id: accounts[n] as string,
        seq: seqs[n] as number,
        thread: threads[n] ?? null,
      });
    }
    return changed('INSERT', streams.length);
  }),

  writes('mentions-edited', '8ec4db748369', function* (tx, values) {
    const [conversation_id, message_seq, accounts, seq, thread] = values as [
      string,
      number,
      string[],
      number,
      number | null,
    ];
    const others = tx.rows<MentionRow>(
      tx.tables.mentionsByMessage.find(conversation_id + message_seq),
      (m) => !accounts.includes(m.account_id),
    );
    const hasReplies = tx.all(tx.tables.messagesByThread, conversation_id + message_seq).length > 0;
    const place = thread ?? (hasReplies ? message_seq : null);
    yield* tx.delete(tx.tables.mentions, others);
    let count = 0;
    for (const account_id of accounts) {
      const row = { conversation_id, message_seq, account_id, seq, thread: place };
      if (yield* tx.insert(tx.tables.mentions, row, [tx.tables.mentionsKey])) count++;
    }
    return changed('INSERT', count);
  }),

  writes('messages-deleted-reactions', 'f49700f7f8e4', function* (tx, values) {
    const [streams, messages] = values as [string[], number[]];
    const rows = streams.flatMap((stream, n) =>
      tx.rows<ReactionRow>(tx.tables.reactionsByMessage.find(stream + messages[n])),
    );
    return changed('DELETE', yield* tx.delete(tx.tables.reactions, rows));
  }),

  // No message of a simulation has a link.
  {
    name: 'messages-redact-previewed',
    digest: '2ec9984a275c',
    run: () => changed('UPDATE', 0),
  },

  // No simulated client reports a message.
  {
    name: 'messages-erase-reported',
    digest: '9485eb66fdfe',
    run: () => changed('UPDATE', 0),
  },
  {
    name: 'conversations-reports-closed',
    digest: 'cd6628925163',
    run: () => changed('UPDATE', 0),
  },

  writes('messages-deleted-pins', 'ee8755d31f86', function* (tx, values) {
    const [streams, messages] = values as [string[], number[]];
    const rows = streams.flatMap((stream, n) =>
      tx.rows<PinRow>(tx.tables.pinsByMessage.find(stream + messages[n])),
    );
    return changed('DELETE', yield* tx.delete(tx.tables.pins, rows));
  }),

  writes(
    'messages-reacted',
    '4fd5a6e7a4cb',
    function* (tx, values) {
      const [conversation_id, message_seq, account_id, emoji, seq] = values as [
        string,
        number,
        string,
        string,
        number,
      ];
      const row = { conversation_id, message_seq, account_id, emoji, seq };
      const isNew = yield* tx.insert(tx.tables.reactions, row, [tx.tables.reactionsKey]);
      return changed('INSERT', isNew ? 1 : 0);
    },
    { texts: [4] },
  ),

  writes(
    'messages-unreacted',
    '6952b2c54682',
    function* (tx, values) {
      const [conversation, message, account, emoji] = values as [string, number, string, string];
      const rows = tx.rows(
        tx.tables.reactionsByMessage.find(conversation + message),
        (r) => r.account_id === account && r.emoji === emoji,
      );
      return changed('DELETE', yield* tx.delete(tx.tables.reactions, rows));
    },
    { texts: [4] },
  ),

  writes('messages-pinned', '5e04034233df', function* (tx, values) {
    const [conversation_id, message_seq, pinned_by, at, seq] = values as [
      string,
      number,
      string,
      string,
      number,
    ];
    const row = { conversation_id, message_seq, pinned_by, pinned_at: ms(at), seq };
    const isNew = yield* tx.insert(tx.tables.pins, row, [tx.tables.pinsByMessage]);
    return changed('INSERT', isNew ? 1 : 0);
  }),

  writes('messages-unpinned', '650cb09bdd02', function* (tx, values) {
    const [conversation, message] = values as [string, number];
    const rows = tx.rows(tx.tables.pinsByMessage.find(conversation + message));
    return changed('DELETE', yield* tx.delete(tx.tables.pins, rows));
  }),

  writes('messages-redact-posted', 'b647fd720ab0', function* (tx, values) {
    const [stream, seqs] = values as [string, number[]];
    const { events, eventsByPlace } = tx.tables;
    const rows = [...new Set(seqs)]
      .sort((a, b) => a - b)
      .flatMap((seq) => tx.rows(upTo(eventsByPlace.from(stream, seq), seq)))
      .filter((row) => tx.see(row)?.type === 'message.posted');
    const redacted = yield* tx.update(
      events,
      rows,
      (e) => e.type === 'message.posted',
      (e) => {
        const { thread, alsoInConversation } = JSON.parse(e.data) as Record<string, unknown>;
        const data = JSON.stringify({ body: '', thread, alsoInConversation });
        return { ...e, data, command_digest: null };
      },
    );
    return changed('UPDATE', redacted.length);
  }),

  writes('messages-redact-edited', '8401f7377101', function* (tx, values) {
    const [stream, seqs] = values as [string, number[]];
    const first = Math.min(...seqs);
    const isEdit = (e: { type: string; data: string }) =>
      e.type === 'message.edited' && seqs.includes(messageOf(e.data));
    const redacted = yield* tx.update(
      tx.tables.events,
      tx.rows(tx.tables.eventsByPlace.from(stream, first), isEdit),
      isEdit,
      (e) => ({
        ...e,
        data: `{"message":${messageOf(e.data)},"body":""}`,
        command_digest: null,
      }),
    );
    return changed('UPDATE', redacted.length);
  }),
];

/** Returns the mentions in a JSON text, as `jsonb` holds them. */
export const mentionsIn = (text: string | null | undefined): MessageRow['mentions'] =>
  text ? (JSON.parse(text) as Mention[]) : null;

/** Returns the message that an edit is of, from the data of its event. */
export const messageOf = (data: string): number =>
  (JSON.parse(data) as { message: number }).message;

/** Yields the rows of a series whose first is at `seq`, while they are there. */
function* upTo<R extends { committed: { seq: number } | null; pending: { seq: number } | null }>(
  rows: Iterable<R>,
  seq: number,
): Generator<R> {
  for (const row of rows) {
    if ((row.pending ?? row.committed)?.seq !== seq) return;
    yield row;
  }
}

/** Changes a message unless a later event has changed it. */
export function* changeMessage(
  tx: Transaction,
  conversation: string,
  message: number,
  seq: number,
  next: (message: MessageRow) => MessageRow,
) {
  const isEarlier = (m: MessageRow) => m.changed_seq < seq;
  const rows = tx.rows(tx.tables.messagesByKey.find(conversation + message), isEarlier);
  const written = yield* tx.update(tx.tables.messages, rows, isEarlier, next);
  return changed('UPDATE', written.length);
}
