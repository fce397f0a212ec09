import { LIMITS } from '@parley/protocol';
import { NO_KEY_UPDATE, type Steps } from '../tables/row.ts';
import type { MentionRow, MessageRow, ThreadRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { isMember } from './lookups.ts';
import { messageJson, sideOf } from './reads.ts';
import { expiredUpTo } from './retention.ts';
import { jsonTime, ms, type Result, reads, type Statement, selected, writes } from './statement.ts';

/** The statements of thread cursors, and those that read threads. */
export const threadCursorStatements: readonly Statement[] = [
  writes('threads-read', 'e094ebd2bcb3', readThread),

  reads('threads-page', '4e4b5f2e3f0a', (tx, values) => {
    const [account, conversation, thread, at, older, newer] = values as [
      string,
      string,
      number,
      number,
      number,
      number,
    ];
    const stream = tx.one(tx.tables.streamsById, conversation);
    if (!stream || !isMember(tx, account, conversation)) return [];
    const root = tx.one(tx.tables.messagesByKey, conversation + thread);
    const state = stateOf(tx, account, conversation, thread);
    const upTo = expiredUpTo(tx, conversation);
    const isOfThread = (m: MessageRow) => m.seq > upTo && m.thread === thread;
    const before = sideOf(tx, 'older', conversation, at, older, isOfThread);
    const from = sideOf(tx, 'newer', conversation, at, newer, isOfThread);
    return [
      {
        exists: root !== null,
        is_reply: root !== null && root.thread !== null,
        last_seq: stream.last_seq,
        root: root && messageJson(tx, root, account),
        cursor: cursorOf(tx, { account, conversation, thread }, state, stream.last_seq),
        older: before.map((m) => messageJson(tx, m, account)),
        older_found: before.length,
        newer: from.map((m) => messageJson(tx, m, account)),
        newer_found: from.length,
      },
    ];
  }),

  reads('threads-followed-list', 'fd898bdd6f11', (tx, values) => {
    const [account, isUnread, at, conversation, thread, limit] = values as [
      string,
      boolean | null,
      string | null,
      string | null,
      number | null,
      number,
    ];
    const after =
      isUnread === null
        ? null
        : {
            // Text in a statement that is sent with its values as text.
            isUnread: String(isUnread) === 'true',
            at: ms(at as string),
            conversation: conversation as string,
            thread: thread as number,
          };
    return followedOf(tx, account)
      .map((f) => ({ ...f, key: keyOf(tx, account, f) }))
      .filter(({ key }) => after === null || compareKeys(key, after) < 0)
      .sort((a, b) => compareKeys(b.key, a.key))
      .slice(0, limit)
      .flatMap(({ row, readSeq, key }) => {
        const { conversation_id: id } = row;
        const root = tx.one(tx.tables.messagesByKey, id + row.thread);
        const stream = tx.one(tx.tables.streamsById, id);
        if (!root || !stream) return [];
        const of = { account, conversation: id, thread: row.thread };
        const cursor = cursorOf(tx, of, { isFollowing: true, readSeq }, stream.last_seq);
        return [
          {
            is_unread: key.isUnread,
            at: jsonTime(key.at),
            item: { root: messageJson(tx, root, account), cursor },
          },
        ];
      });
  }),

  reads('threads-unread', '880a883fe14e', (tx, values) => {
    const [account, conversation, thread, limit] = values as [
      string,
      string | null,
      number | null,
      number,
    ];
    return followedOf(tx, account)
      .filter((f) => keyOf(tx, account, f).isUnread)
      .map(({ row }) => ({ conversation: row.conversation_id, thread: row.thread }))
      .filter(
        (t) => conversation === null || comparePlaces(t, { conversation, thread: thread ?? 0 }) > 0,
      )
      .sort(comparePlaces)
      .slice(0, limit)
      .map((t) => ({
        ...t,
        head: tx.one(tx.tables.streamsById, t.conversation)?.last_seq ?? null,
      }));
  }),

  reads('threads-cursors-of', '7ff227361102', (tx, [id]) => {
    const account = tx.one(tx.tables.accountsById, id as string);
    if (!account) return [];
    const items = [
      ...followedOf(tx, account.id)
        .map(({ row, readSeq }) => ({ ...placeOfThread(row), at: row.last_reply_at, readSeq }))
        .sort((a, b) => b.at - a.at || comparePlaces(a, b)),
      ...chosenWithoutReplies(tx, account.id).sort(comparePlaces),
    ]
      .slice(0, LIMITS.threadCursors)
      .flatMap(({ conversation, thread, readSeq }) => {
        const stream = tx.one(tx.tables.streamsById, conversation);
        const of = { account: account.id, conversation, thread };
        return stream ? [cursorOf(tx, of, { isFollowing: true, readSeq }, stream.last_seq)] : [];
      });
    return [{ read_version: account.read_version, items }];
  }),
];

/** Returns the replies of a thread, including deleted ones. */
export const repliesIn = (tx: Transaction, conversation: string, thread: number): MessageRow[] =>
  tx.all(tx.tables.messagesByThread, conversation + thread);

// ---- cursors ----------------------------------------------------------------------------------------

/** Whether an account follows a thread, and how far it has read it. */
interface ThreadState {
  readonly isFollowing: boolean;
  readonly readSeq: number | null;
}

interface OfThread {
  readonly account: string;
  readonly conversation: string;
  readonly thread: number;
}

/** Returns the state of an account in a thread, from its messages, mentions, choice and cursor. */
export function stateOf(
  tx: Transaction,
  account: string,
  conversation: string,
  thread: number,
): ThreadState {
  const key = account + conversation + thread;
  const own = tx.one(tx.tables.participantsKey, key);
  const choice = tx.one(tx.tables.followsKey, key);
  const cursor = tx.one(tx.tables.cursorsKey, key);
  const [mention] = tx
    .all(tx.tables.mentionsByAccount, account + conversation)
    .filter((m) => m.thread === thread)
    .sort((a, b) => a.seq - b.seq);
  const first =
    own && mention && own.seq < mention.seq ? own.seq : mention && mention.message_seq - 1;
  const joined = tx
    .all(tx.tables.membershipsByPair, conversation + account)
    .map((m) => m.joined_seq);
  const bounds = [
    cursor?.read_seq ?? choice?.since ?? first ?? own?.seq,
    choice?.since,
    ...(joined.length > 0 ? [Math.min(...joined)] : []),
  ].filter((seq) => seq !== null && seq !== undefined);
  return {
    isFollowing: choice?.is_following ?? (own !== null || mention !== undefined),
    readSeq: bounds.length > 0 ? Math.max(...bounds) : null,
  };
}

/** Returns the `ThreadCursor` of an account; `replies` are those of the thread. */
function cursorOf(
  tx: Transaction,
  { account, conversation, thread }: OfThread,
  state: ThreadState,
  head: number,
  replies: readonly MessageRow[] = repliesIn(tx, conversation, thread),
  mentions: readonly MentionRow[] = tx.all(tx.tables.mentionsByAccount, account + conversation),
) {
  const readSeq = state.isFollowing ? state.readSeq : head;
  const isAfter = (seq: number) => readSeq !== null && seq > readSeq;
  const unread = replies.filter(
    (m) => isAfter(m.seq) && m.author_id !== account && m.deleted_at === null,
  );
  const toEveryone = unread.filter((m) => m.mentions?.some(({ kind }) => kind === 'everyone'));
  const named = mentions.filter(
    (m) => m.thread === thread && isAfter(m.message_seq) && m.message_seq !== thread,
  );
  const seqs = new Set([...toEveryone.map((m) => m.seq), ...named.map((m) => m.message_seq)]);
  return {
    conversation,
    thread,
    isFollowing: state.isFollowing,
    readSeq,
    unread: Math.min(unread.length, LIMITS.unreadMax),
    unreadMentions: [...seqs].sort((a, b) => a - b).slice(-LIMITS.unreadMax),
    asOf: head,
  };
}

/**
 * Moves a cursor. Everything except the row of the account is read before it waits for that row, as
 * in PostgreSQL.
 */
function* readThread(tx: Transaction, values: readonly unknown[]): Steps<Result> {
  const [account, conversation, thread, seq] = values as [string, string, number, number];
  const { tables } = tx;
  const [own] = tx.rows(tables.accountsById.find(account));
  const stream = tx.one(tables.streamsById, conversation);
  const root = tx.one(tables.messagesByKey, conversation + thread);
  const state = stateOf(tx, account, conversation, thread);
  const replies = repliesIn(tx, conversation, thread);
  const mentions = tx.all(tables.mentionsByAccount, account + conversation);
  const isCurrent = isMember(tx, account, conversation);
  const hasCursor = tx.one(tables.cursorsKey, account + conversation + thread) !== null;
  const locked = own && (yield* tx.lock(own, NO_KEY_UPDATE));
  if (!own || !locked || !isCurrent || !stream) return selected([]);
  const isReply = root !== null && root.thread !== null;
  const goal = Math.min(seq, stream.last_seq);
  const isStored =
    root !== null &&
    !isReply &&
    state.isFollowing &&
    state.readSeq !== null &&
    (!hasCursor || goal > state.readSeq);
  let readSeq = state.readSeq;
  let isMoved = false;
  if (isStored) {
    const at = Math.max(goal, state.readSeq ?? 0);
    const row = { account_id: account, conversation_id: conversation, thread, read_seq: at };
    const moved = yield* tx.upsert(tables.threadCursors, row, tables.cursorsKey, (before) => ({
      ...before,
      read_seq: Math.max(before.read_seq, at),
    }));
    isMoved = moved.read_seq > (state.readSeq ?? 0);
    readSeq = moved.read_seq;
  }
  if (isMoved) {
    const next = (a: typeof locked) => ({ ...a, read_version: a.read_version + 1 });
    yield* tx.update(tables.accounts, [own], () => true, next);
  }
  return selected([
    {
      exists: root !== null,
      is_reply: isReply,
      read_version: locked.read_version,
      version: isMoved ? locked.read_version + 1 : null,
      cursor: cursorOf(
        tx,
        { account, conversation, thread },
        { isFollowing: state.isFollowing, readSeq },
        stream.last_seq,
        replies,
        mentions,
      ),
    },
  ]);
}

// ---- lists ------------------------------------------------------------------------------------------

/** A thread with replies that an account follows. */
interface Followed {
  readonly row: ThreadRow;
  readonly readSeq: number | null;
}

function followedOf(tx: Transaction, account: string): Followed[] {
  const { tables } = tx;
  const memberships = tx.all(tables.membershipsByAccount, account);
  return memberships
    .filter((m) => m.left_seq === null)
    .flatMap(({ conversation_id: id }) =>
      tx.all(tables.threadsByConversation, id).flatMap((row) => {
        const state = stateOf(tx, account, id, row.thread);
        return state.isFollowing ? [{ row, readSeq: state.readSeq }] : [];
      }),
    );
}

const placeOfThread = (row: { readonly conversation_id: string; readonly thread: number }) => ({
  conversation: row.conversation_id,
  thread: row.thread,
});

/** The threads without replies that an account chose to follow. */
function chosenWithoutReplies(tx: Transaction, account: string) {
  const { followsByAccount, threadsByRoot } = tx.tables;
  return tx
    .all(followsByAccount, account)
    .filter((choice) => choice.is_following)
    .map(placeOfThread)
    .filter(
      ({ conversation, thread }) =>
        isMember(tx, account, conversation) && !tx.one(threadsByRoot, conversation + thread),
    )
    .map((place) => ({
      ...place,
      readSeq: stateOf(tx, account, place.conversation, place.thread).readSeq,
    }));
}

/** The position of a thread in a list: unread ones first, then the latest. */
interface ListKey {
  readonly isUnread: boolean;
  readonly at: number;
  readonly conversation: string;
  readonly thread: number;
}

function keyOf(tx: Transaction, account: string, { row, readSeq }: Followed): ListKey {
  const { conversation_id: conversation, thread, last_reply_seq, last_reply_at: at } = row;
  const isUnread =
    readSeq !== null &&
    last_reply_seq > readSeq &&
    repliesIn(tx, conversation, thread).some(
      (m) => m.seq > readSeq && m.author_id !== account && m.deleted_at === null,
    );
  return { isUnread, at, conversation, thread };
}

const compareKeys = (a: ListKey, b: ListKey): number =>
  Number(a.isUnread) - Number(b.isUnread) || a.at - b.at || comparePlaces(a, b);

/** Compares threads by their conversations and roots. */
export const comparePlaces = (
  a: { readonly conversation: string; readonly thread: number },
  b: { readonly conversation: string; readonly thread: number },
): number =>
  a.conversation === b.conversation
    ? a.thread - b.thread
    : a.conversation < b.conversation
      ? -1
      : 1;
