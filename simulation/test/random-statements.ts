import type { DatabaseModel } from '../src/database/model.ts';
import type { Transaction } from '../src/database/tables/transaction.ts';

/** A statement and its values. */
export interface RandomStatement {
  readonly name: string;
  readonly values: readonly unknown[];
}

/** The ids that the statements of one schedule use. */
export interface Fixture {
  readonly accounts: readonly string[];
  /** Conversations with members and messages. */
  readonly conversations: readonly string[];
  /** Streams without a conversation, and one that does not exist. */
  readonly spare: readonly string[];
  readonly clients: readonly string[];
}

/** The number of things that a fixture has of each kind is small, so that transactions compete. */
export function makeFixture(run: number): Fixture {
  const id = (kind: string, n: number) =>
    `00000000-0000-7000-${kind}000-${String(run * 100 + n).padStart(12, '0')}`;
  const ids = (kind: string, count: number) => Array.from({ length: count }, (_, n) => id(kind, n));
  return {
    accounts: ids('a', 3),
    conversations: ids('b', 2),
    spare: ids('8', 3),
    clients: ids('9', 3),
  };
}

const at = (n: number): string => new Date(1_700_000_000_000 + n * 1000).toISOString();

/** Puts what the statements find at the start into the model. */
export function fill(model: DatabaseModel, f: Fixture): void {
  const { tables } = model;
  const t = Date.parse(at(0));
  for (const [n, id] of f.accounts.entries()) {
    model.insertAccount({ id, role: (['admin', 'member', 'guest'] as const)[n] ?? 'member' });
  }
  for (const id of [...f.conversations, ...f.spare.slice(0, 2)]) {
    tables.put(tables.streams, { id, kind: 'conversation', last_seq: 5, last_at: t });
  }
  for (const [c, id] of f.conversations.entries()) {
    const isDirect = c === 1;
    tables.put(tables.conversations, {
      id,
      kind: isDirect ? 'direct' : 'group',
      visibility: isDirect ? 'private' : 'public',
      name: isDirect ? null : `group ${id}`,
      direct_key: isDirect ? f.accounts.slice(0, 2).join(' ') : null,
      is_everyone: false,
      minimum_roles: {},
      topic: '',
      description: '',
      archived_at: null,
      slow_mode_seconds: 0,
      avatar: null,
      link_previews: true,
      member_count: 2,
      created_by: f.accounts[0] as string,
      created_at: t,
      deleted_at: null,
    });
    for (const [n, account_id] of f.accounts.slice(0, 2).entries()) {
      const period = { conversation_id: id, account_id, joined_seq: n + 1, left_seq: null };
      tables.put(tables.memberships, {
        ...period,
        role: n ? 'member' : 'owner',
        read_seq: 3,
        read_revision: 0,
        slow_posted_at: null,
      });
    }
    putMessages(model, f, id, t);
  }
  putHolds(model, f, t);
}

/** Puts a legal hold over each conversation. */
function putHolds(model: DatabaseModel, f: Fixture, t: number): void {
  const { tables } = model;
  const [author] = f.accounts as readonly [string];
  for (const id of f.conversations) {
    const hold = { id, name: 'hold', reason: '', created_by: author, created_at: t };
    const inForce = { released_at: null, released_by: null, purged_at: null };
    tables.put(tables.legalHolds, { ...hold, ...inForce });
    tables.put(tables.heldConversations, { conversation_id: id, hold_id: id });
  }
}

function putMessages(model: DatabaseModel, f: Fixture, id: string, t: number): void {
  const { tables } = model;
  const [author] = f.accounts as readonly [string];
  const hasThread = id === f.conversations[0];
  if (hasThread) putThread(model, author, id, t);
  else {
    putPoll(model, author, id);
    const events = [{ seq: 4, data: '{"body":"hidden"}', digest: '01' }];
    const hidden = { conversation_id: id, message_seq: 4, events, hidden_by: author };
    tables.put(tables.hiddenMessages, hidden);
  }
  for (const seq of [3, 4, 5]) {
    const isEdit = seq === 5;
    tables.put(tables.events, {
      stream_id: id,
      seq,
      type: isEdit ? 'message.edited' : 'message.posted',
      actor_id: author,
      client_id: null,
      at: t,
      data: isEdit ? '{"message":3,"body":"new"}' : '{"body":"old"}',
      command_digest: null,
    });
    if (isEdit) continue;
    tables.put(tables.messages, {
      conversation_id: id,
      seq,
      author_id: author,
      body: 'old',
      posted_at: t,
      edited_at: null,
      deleted_at: null,
      hidden_at: null,
      changed_seq: seq,
      reply_to: seq === 4 ? 3 : null,
      mentions: seq === 4 ? [{ kind: 'everyone' }] : null,
      thread: seq === 4 && hasThread ? 3 : null,
      also_in_conversation: false,
    });
    if (seq === 3) {
      const [, other] = f.accounts as readonly [string, string];
      const mention = {
        conversation_id: id,
        message_seq: seq,
        account_id: other,
        seq,
        thread: hasThread ? seq : null,
      };
      tables.put(tables.mentions, mention);
    }
    const on = { conversation_id: id, message_seq: seq, seq: 5 };
    tables.put(tables.reactions, { ...on, account_id: author, emoji: '👍', first_seq: 3 });
    if (seq === 3) tables.put(tables.pins, { ...on, pinned_by: author, pinned_at: t });
  }
}

/** A thread whose root is message 3 and whose reply is message 4. */
function putThread({ tables }: DatabaseModel, author: string, id: string, t: number): void {
  const thread = { conversation_id: id, thread: 3 };
  const last = { last_reply_seq: 4, last_reply_at: t, authors: [author] };
  tables.put(tables.threads, { ...thread, replies: 1, ...last });
  tables.put(tables.threadParticipants, { account_id: author, ...thread, seq: 3 });
}

const POLLS = [
  { choices: ['a', 'b', 'c'], isMultiple: true, endsAt: null },
  { choices: ['yes', 'no', 'maybe'], isMultiple: false, endsAt: at(9) },
];

/** A poll whose author has voted in it. */
function putPoll({ tables }: DatabaseModel, author: string, id: string): void {
  const message = { conversation_id: id, message_seq: 3 };
  const [poll = null] = POLLS;
  tables.put(tables.messageParts, { ...message, forwarded_from: null, poll, closed_at: null });
  tables.put(tables.pollVotes, { ...message, account_id: author, choices: [1], seq: 3 });
}

/** Chooses among few: the numbers come from the property test, which shrinks them. */
export class Choice {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  int(below: number): number {
    const number = this.#numbers[this.#next++ % this.#numbers.length] as number;
    return number % below;
  }

  of<T>(items: readonly T[]): T {
    return items[this.int(items.length)] as T;
  }

  /** Returns some of the items, each at most once; at least one. */
  some<T>(items: readonly T[]): T[] {
    const mask = 1 + this.int(2 ** items.length - 1);
    return items.filter((_, n) => mask & (1 << n));
  }
}

/** What clients of these accounts are started with. */
function startValues(
  c: Choice,
  f: Fixture,
  tx: Transaction,
  accounts: readonly string[],
): unknown[][] {
  const known = () => c.some(f.conversations).map((id) => [id, 5 + c.int(2)]);
  return [
    [...accounts],
    [...accounts],
    accounts.map(() => `{${c.some(anyStream(f)).join()}}`),
    accounts.map(() => c.of([tx.tables.epoch, tx.tables.epoch, null])),
    accounts.map(() => JSON.stringify(Object.fromEntries(known()))),
  ];
}

type Build = (choose: Choice, f: Fixture, tx: Transaction) => readonly unknown[];

const anyStream = (f: Fixture) => [...f.conversations, ...f.spare];
const seqOf = (choose: Choice) => 1 + choose.int(8);
const messageSeq = (choose: Choice) => 3 + choose.int(3);
const digest = (choose: Choice) => Buffer.from([choose.int(3)]);

/** What the statements of the delivery path are sent with. */
const BASE: Readonly<Record<string, Build>> = {
  'batch-lock': (c, f) => [c.some(anyStream(f))],
  'batch-repeated': (c, f) => {
    const clients = c.some(f.clients);
    return [clients.map(() => c.of(f.accounts.slice(0, 2))), clients];
  },
  'batch-unchanged': (c, f) => [
    c.of(f.accounts.slice(0, 2)),
    c.of(f.clients),
    c.of(f.conversations),
    seqOf(c),
    digest(c),
  ],
  'batch-hold-id': (c, f) => [
    c.of(f.conversations),
    '9223372036854775807',
    c.of(f.accounts.slice(0, 2)),
    c.of(f.clients),
  ],
  'batch-release-place': (c, f) => [c.of(f.conversations), '9223372036854775807'],
  'stream-create': (c, f) => [c.of(f.spare), 'conversation'],
  'stream-flush': flush,
  'stream-check-ids': (c, f) => {
    const clients = c.some(f.clients);
    return [clients.map(() => c.of(f.accounts.slice(0, 2))), clients];
  },
  'stream-read-events': (c, f) => [c.of(f.conversations), c.int(4), 4 + c.int(8), 1 + c.int(4)],
  'stream-read-heads': (c, f) => [c.some(anyStream(f))],
  'messages-members': (c, f) => {
    const accounts = c.some(f.accounts);
    return [
      accounts,
      accounts.map(() => c.of(f.conversations)),
      accounts.map(() => c.int(2) === 0),
    ];
  },
  'mentions-users': (c, f) => {
    const names = c.some([...f.accounts, 'none']);
    return [names, names.map(() => c.of(f.accounts))];
  },
  'mentions-user-groups': (c, f) => {
    // The fixture has a user group with the id of a spare stream as its name.
    const names = c.some([...f.spare, 'none']);
    const places = names.map(() => c.int(2));
    return [
      names,
      names.map(() => c.of(f.accounts)),
      names.map(() => c.of(f.conversations)),
      places,
    ];
  },
  'mentions-groups': (c, f) => {
    const names = c.some(['none', `group-${f.conversations[0]}`]);
    return [names, names.map(() => c.of(f.accounts))];
  },
  'messages-quoted': (c, f) => {
    const ns = c.some([0, 1, 2]);
    return [ns, ns.map(() => c.of(f.conversations)), ns.map(() => messageSeq(c))];
  },
  'messages-target': onMessage,
  'messages-target-edit': onMessage,
  'messages-target-delete': onMessage,
  'messages-target-preview': onMessage,
  ...hidingStatements(),
  'messages-window': (c, f) => [
    c.of(f.conversations),
    messageSeq(c),
    c.of(['messageEditWindow', 'messageDeleteWindow']),
  ],
  'messages-reactions': (c, f) => [c.of(f.conversations), messageSeq(c)],
  'messages-pins': (c, f) => [c.of(f.conversations), messageSeq(c)],
  'messages-to-erase': (c, f) => [c.of(f.conversations), c.of(f.accounts), c.int(4), 1 + c.int(3)],
  'messages-still-to-erase': (c, f) => [
    c.of(f.conversations),
    c.of([...f.accounts, null]),
    c.some([3, 4, 5, 6]),
  ],
  'messages-redact-previewed': (c, f) => [c.of(f.conversations), c.some([3, 4, 5]), null],
  'messages-slow-post': (c, f) => [c.of(f.conversations), c.of(f.accounts), at(c.int(9))],
  'messages-posted': (c, f) => {
    const seqs = c.some([5, 6, 7, 8]);
    const same = <T>(value: T) => seqs.map(() => value);
    return [
      same(c.of(f.conversations)),
      seqs,
      same(c.of(f.accounts)),
      same('posted'),
      same(at(c.int(9))),
      same(c.of([null, 3])),
      same(c.of([null, '[{"kind":"everyone"}]'])),
      same(c.of([null, 3])),
      same(c.of([false, true])),
    ];
  },
  'messages-edited': (c, f) => [
    c.of(f.conversations),
    messageSeq(c),
    'edited',
    at(c.int(9)),
    4 + c.int(8),
    c.of([null, '[{"kind":"here"}]', '[{"kind":"everyone"}]']),
  ],
  'messages-changed': (c, f) => [c.of(f.conversations), messageSeq(c), 4 + c.int(8)],
  'messages-deleted': (c, f) => {
    const seqs = c.some([3, 4, 5]);
    const conversation = c.of(f.conversations);
    return [
      seqs.map(() => conversation),
      seqs,
      seqs.map(() => at(c.int(9))),
      seqs.map(() => 4 + c.int(8)),
    ];
  },
  'mentions-deleted': onMessages,
  'attachments-deleted': onMessages,
  'messages-drop-hidden': (c, f) => [c.of(f.conversations), c.some([3, 4, 5])],
  'messages-redact-unhidden': (c, f) => [c.of(f.conversations), c.some([3, 4, 5])],
  'messages-keep-held': (c, f) => [c.of(f.conversations), c.some([3, 4, 5])],
  ...legalHoldStatements(),
  'mentions-added': (c, f) => {
    const accounts = c.some(f.accounts);
    const message = messageSeq(c);
    const same = <T>(value: T) => accounts.map(() => value);
    return [
      same(c.of(f.conversations)),
      same(message),
      accounts,
      // The order of the mentions of an account decides from where on it follows a thread.
      same(message * 10 + c.int(8)),
      same(c.of([null, 3])),
    ];
  },
  'mentions-edited': (c, f) => {
    const message = messageSeq(c);
    const seq = message * 10 + c.int(8);
    return [c.of(f.conversations), message, c.some(f.accounts), seq, c.of([null, 3])];
  },
  'messages-deleted-reactions': onMessages,
  'messages-deleted-pins': onMessages,
  'parts-deleted': onMessages,
  'messages-reacted': (c, f) => [
    c.of(f.conversations),
    messageSeq(c),
    c.of(f.accounts),
    c.of(['👍', '🎉']),
    seqOf(c),
  ],
  'messages-unreacted': (c, f) => [
    c.of(f.conversations),
    messageSeq(c),
    c.of(f.accounts),
    c.of(['👍', '🎉']),
  ],
  'messages-pinned': (c, f) => [
    c.of(f.conversations),
    messageSeq(c),
    c.of(f.accounts),
    at(c.int(9)),
    seqOf(c),
  ],
  'messages-unpinned': (c, f) => [c.of(f.conversations), messageSeq(c)],
  'messages-redact-posted': (c, f) => [c.of(f.conversations), c.some([3, 4, 5, 6])],
  'messages-redact-edited': (c, f) => [c.of(f.conversations), c.some([3, 4, 5, 6])],
  'messages-history': (c, f) => [
    c.of(f.accounts),
    c.of(f.conversations),
    3 + c.int(4),
    1 + c.int(3),
    1 + c.int(3),
  ],
  'messages-one': (c, f) => [c.of(f.accounts), c.of(f.conversations), messageSeq(c)],
  'messages-edit-history': (c, f) => [
    c.of(f.accounts),
    c.of(f.conversations),
    messageSeq(c),
    4 + c.int(9),
    1 + c.int(3),
  ],
  'messages-pinned-list': (c, f) => [c.of(f.accounts), c.of(f.conversations), 4 + c.int(9)],
  'messages-events': (c, f) => [
    c.of(f.accounts),
    c.of([...f.conversations, f.accounts[0]]),
    c.int(5),
    1 + c.int(5),
  ],
  'conversations-state': (c, f) => [c.of(anyStream(f)), c.of(f.accounts)],
  'conversations-active-accounts': (c, f) => [
    c.some([...f.accounts, f.spare[0]]),
    c.of(f.accounts),
  ],
  'conversations-direct': (c, f) => [c.of(keysOf(f)), c.some(f.accounts), c.of(f.accounts)],
  'conversations-successor': (c, f) => [c.of(f.conversations), c.of(f.accounts)],
  'conversations-created': created,
  'conversations-updated': (c, f) => [
    c.of(anyStream(f)),
    c.of([null, 'renamed']),
    c.of([null, 'private']),
    c.of(['{}', '{"post":"admin"}', '{"post":"member","pin":"owner"}']),
    c.of([null, 'now', '12']),
    c.of([null, 'what and why']),
    c.of([null, 0, 30]),
    c.of([null, true, false]),
    at(c.int(9)),
    c.of([true, false]),
    c.of([null, '00000000-0000-7000-8000-0000000000b1']),
    c.of([null, true, false]),
  ],
  'conversations-deleted': (c, f) => {
    const ids = c.some(f.conversations);
    return [ids, ids.map(() => seqOf(c)), ids.map(() => at(c.int(9)))];
  },
  'conversations-member-joined': (c, f) => {
    const ids = c.some([...f.conversations, f.spare[0] as string]);
    return [
      ids,
      ids.map(() => c.of([...f.accounts, ...f.accounts, f.spare[2]])),
      ids.map(() => seqOf(c)),
      ids.map(() => c.of(['owner', 'admin', 'member'])),
    ];
  },
  'conversations-member-left': (c, f) => {
    const accounts = c.some(f.accounts);
    const conversation = c.of(f.conversations);
    return [accounts.map(() => conversation), accounts, accounts.map(() => 2 + c.int(8))];
  },
  'conversations-role-changed': (c, f) => [
    c.of(f.conversations),
    c.of(f.accounts),
    c.of(['owner', 'admin', 'member']),
    seqOf(c),
  ],
  'conversations-of': (c, f) => [c.of(f.accounts)],
  'conversations-for': (c, f) => [c.of(f.accounts), c.of(f.conversations)],
  'conversations-start': (c, f, tx) => startValues(c, f, tx, c.some(f.accounts)),
  'conversations-start-one': (c, f, tx) =>
    startValues(c, f, tx, [c.of(f.accounts)]).map(([value]) => value),
  'conversations-members': (c, f) => [
    c.of(f.accounts),
    c.of(f.conversations),
    c.int(3),
    c.of(['', '0', 'none']),
    1 + c.int(3),
    c.of([1, 100]),
  ],
  'conversations-member': (c, f) => [
    c.of(f.accounts),
    c.of(f.conversations),
    c.of(f.accounts),
    c.of([1, 100]),
  ],
  'read-cursors-move': (c, f) => {
    const moves = c.some(f.accounts.flatMap((a) => f.conversations.map((id) => [a, id] as const)));
    return [
      moves.map(([account]) => account),
      moves.map(([, conversation]) => conversation),
      moves.map(() => c.int(9)),
      moves.map(() => c.int(3) === 0),
      moves.map(() => c.of([null, 0, 1])),
    ];
  },
  'read-cursors-of': (c, f) => [c.of(f.accounts)],
  'read-cursors-versions': (c, f) => [c.some(f.accounts)],
  'accounts-me': (c, f) => [c.some(f.accounts)],
  'accounts-me-one': (c, f) => [c.of(f.accounts)],
  ...threadStatements(),
  ...pollStatements(),
  'users-findable': (c, f) => [c.of(f.accounts), c.some(f.accounts)],
  'users-known-to-guests': (c, f) => [c.some(f.accounts), c.some(f.accounts)],
  'mentions-guests': (c, f) => {
    const texts = c.some([0, 1, 2]);
    return [texts, texts.map(() => c.of(f.accounts))];
  },
  'user-groups-actor': (c, f) => [c.of(f.accounts)],
  'user-groups-changed': (c, f) => {
    const group = c.of(f.spare);
    return [group, 'Team', group, group, 'A team', c.some(f.accounts), seqOf(c)];
  },
  'user-groups-deleted': (c, f) => [c.some(f.spare)],
  'retention-choice': (c, f) => [c.of(f.conversations)],
  'retention-next': (c, f) => [c.of(f.conversations), 1 + c.int(3)],
  'retention-progress': (c, f) => [c.of(f.conversations), 2 + c.int(4)],
  'retention-set': (c, f) => [c.of(f.conversations), c.int(3), seqOf(c)],
  'retention-unset': (c, f) => [c.of(f.conversations)],
};

/** The fixture has a hold with the id of each conversation. */
function legalHoldStatements(): Readonly<Record<string, Build>> {
  const hold: Build = (c, f) => [c.of(f.conversations)];
  return {
    'legal-holds-owner': (c, f) => [c.of(f.accounts)],
    'legal-holds-release': (c, f, tx) => [...hold(c, f, tx), at(c.int(9)), c.of(f.accounts)],
    'legal-holds-one': hold,
    'legal-holds-purge-held_events': (c, f, tx) => [...hold(c, f, tx), 500],
    'legal-holds-purged': (c, f, tx) => [...hold(c, f, tx), at(c.int(9))],
  };
}

function hidingStatements(): Readonly<Record<string, Build>> {
  const message = (c: Choice, f: Fixture) => [c.of(f.conversations), messageSeq(c)];
  return {
    'messages-to-hide': message,
    'messages-to-unhide': message,
    'messages-hidden-as-server-admin': onMessage,
    'messages-keep-hidden': (c, f) => [...message(c, f), c.of(f.accounts)],
    'messages-hidden': (c, f) => [...message(c, f), at(c.int(9)), 4 + c.int(8)],
    'messages-unhidden': (c, f) => [
      ...message(c, f),
      'shown',
      4 + c.int(8),
      c.of([null, 3]),
      c.of([null, '[{"kind":"here"}]']),
    ],
    'messages-texts-restored': message,
  };
}

function threadStatements(): Readonly<Record<string, Build>> {
  const root = (c: Choice) => 3 + c.int(2);
  const ofThread: Build = (c, f) => [c.of(f.accounts), c.of(f.conversations), root(c)];
  /** Replies in one thread: the order in which PostgreSQL writes several is its own. */
  const replies = (c: Choice, f: Fixture, authors: readonly string[]) => {
    const seqs = c.some([6, 7, 8]);
    const [conversation, thread] = [c.of(f.conversations), root(c)];
    return [
      seqs.map(() => conversation),
      seqs.map(() => thread),
      seqs,
      seqs.map(() => c.of(authors)),
      seqs.map((seq) => at(seq)),
    ];
  };
  const summary = (f: Fixture) =>
    JSON.stringify({
      replies: 2,
      lastReplySeq: 4,
      lastReplyAt: at(4),
      authors: f.accounts.slice(0, 2),
    });
  return {
    'threads-roots': (c, f) => {
      const ns = c.some([0, 1, 2]);
      return [ns, ns.map(() => c.of(f.conversations)), ns.map(() => messageSeq(c))];
    },
    'threads-summaries': (c, f) => [c.of(f.conversations), c.some([3, 4]), c.some([4, 5, 6])],
    'threads-replied': (c, f) => replies(c, f, f.accounts),
    'threads-participants': (c, f) => replies(c, f, f.accounts.slice(0, 1)).slice(0, 4),
    'threads-root-mentions': (c, f) => [[c.of(f.conversations)], [root(c)]],
    'threads-root-changed': (c, f) => [[c.of(f.conversations)], [root(c)], [4 + c.int(8)]],
    'threads-reply-deleted': (c, f) => [
      [c.of(f.conversations)],
      [root(c)],
      [c.of([null, summary(f)])],
    ],
    'threads-read': (...args) => [...ofThread(...args), args[0].int(9)],
    'threads-page': (...args) => {
      const [c] = args;
      return [...ofThread(...args), 3 + c.int(4), 1 + c.int(3), 1 + c.int(3)];
    },
    'threads-followed-list': (c, f) => [
      c.of(f.accounts),
      ...c.of([
        [null, null, null, null],
        [c.int(2) === 0, at(c.int(9)), c.of(f.conversations), root(c)],
      ]),
      1 + c.int(3),
    ],
    'threads-unread': (c, f) => [
      c.of(f.accounts),
      ...c.of([
        [null, null],
        [c.of(f.conversations), root(c)],
      ]),
      1 + c.int(3),
    ],
    'threads-cursors-of': (c, f) => [c.of(f.accounts)],
    'threads-follow-target': ofThread,
    'threads-followed': (...args) => {
      const [c] = args;
      return [...ofThread(...args), c.int(2) === 0, c.of([null, 3, 5]), seqOf(c)];
    },
  };
}

function pollStatements(): Readonly<Record<string, Build>> {
  return {
    'parts-added': (c, f) => [
      [c.of(f.conversations)],
      [3 + c.int(5)],
      [null],
      [JSON.stringify(c.of(POLLS))],
    ],
    'polls-one': (c, f) => [c.of(f.conversations), messageSeq(c), c.of(f.accounts)],
    'polls-voted': (c, f) => [
      c.of(f.conversations),
      messageSeq(c),
      c.of(f.accounts),
      c.some([0, 1, 2]),
      seqOf(c),
    ],
    'polls-unvoted': (c, f) => [c.of(f.conversations), messageSeq(c), c.of(f.accounts)],
    'polls-closed': (c, f) => [c.of(f.conversations), messageSeq(c), at(c.int(9))],
  };
}

/** Returns the statement for one row of each list: the first one. */
const one =
  (many: Build): Build =>
  (...args) =>
    many(...args).map((column) => (column as readonly unknown[])[0]);

const BUILD: Readonly<Record<string, Build>> = {
  ...BASE,
  ...Object.fromEntries(
    [
      'batch-repeated',
      'stream-flush',
      'stream-check-ids',
      'messages-members',
      'messages-posted',
    ].map((name) => [`${name}-one`, one(BASE[name] as Build)]),
  ),
};

/** The names of the statements that can be built. */
export const RANDOM_STATEMENTS: readonly string[] = Object.keys(BUILD);

/** Those of them that change rows or lock them. */
export const RANDOM_WRITES: readonly string[] = [
  'user-groups-actor',
  'user-groups-changed',
  'user-groups-deleted',
  'retention-progress',
  'retention-set',
  'retention-unset',
  'batch-lock',
  'batch-unchanged',
  'batch-hold-id',
  'batch-release-place',
  'stream-create',
  'stream-flush',
  'messages-slow-post',
  'stream-flush-one',
  'messages-posted',
  'messages-posted-one',
  'messages-edited',
  'messages-changed',
  'messages-deleted',
  'messages-deleted-reactions',
  'messages-deleted-pins',
  'messages-reacted',
  'messages-unreacted',
  'messages-pinned',
  'messages-unpinned',
  'messages-redact-posted',
  'messages-redact-edited',
  'messages-redact-unhidden',
  'messages-keep-hidden',
  'messages-hidden',
  'messages-unhidden',
  'messages-texts-restored',
  'messages-drop-hidden',
  'messages-keep-held',
  'legal-holds-owner',
  'legal-holds-release',
  'legal-holds-purge-held_events',
  'legal-holds-purged',
  'conversations-created',
  'conversations-updated',
  'conversations-deleted',
  'conversations-member-joined',
  'conversations-member-left',
  'conversations-role-changed',
  'read-cursors-move',
  'threads-replied',
  'threads-participants',
  'threads-root-changed',
  'threads-reply-deleted',
  'threads-read',
  'threads-followed',
  'parts-added',
  'polls-voted',
  'polls-unvoted',
  'polls-closed',
];

/** Those that wait for the same few rows and keys. */
export const COMPETING_WRITES: readonly string[] = [
  'batch-lock',
  'batch-unchanged',
  'stream-flush',
  'stream-flush-one',
  'messages-changed',
  'messages-deleted',
  'messages-pinned',
  'messages-keep-hidden',
  'messages-texts-restored',
  'messages-keep-held',
  'legal-holds-release',
  'conversations-updated',
  'conversations-member-joined',
  'conversations-role-changed',
  'threads-replied',
  'threads-read',
  'polls-voted',
];

/** Builds a statement, with values that suit what the transaction sees. */
export function buildStatement(
  name: string,
  choose: Choice,
  fixture: Fixture,
  tx: Transaction,
): RandomStatement {
  return { name, values: (BUILD[name] as Build)(choose, fixture, tx) };
}

function onMessage(c: Choice, f: Fixture): readonly unknown[] {
  return [c.of(f.accounts), c.of(f.conversations), messageSeq(c)];
}

function onMessages(c: Choice, f: Fixture): readonly unknown[] {
  const seqs = c.some([3, 4, 5]);
  const conversation = c.of(f.conversations);
  return [seqs.map(() => conversation), seqs];
}

const keysOf = (f: Fixture): string[] => [
  f.accounts.slice(0, 2).join(' '),
  f.accounts.slice(1, 3).join(' '),
];

function created(c: Choice, f: Fixture): readonly unknown[] {
  const ids = c.some(f.spare);
  const keys = ids.map((_, n) => (n === 0 ? c.of([null, ...keysOf(f)]) : null));
  return [
    ids,
    keys.map((key) => (key === null ? 'group' : 'direct')),
    ids.map(() => c.of(['public', 'private'])),
    keys.map((key) => (key === null ? 'made' : null)),
    keys,
    ids.map(() => false),
    ids.map(() => c.of(f.accounts)),
    ids.map(() => at(c.int(9))),
  ];
}

/** Most events are posts. */
const POSTED = Array<string>(3).fill('message.posted');

/** Advances streams from where the transaction sees them, mostly, and inserts their events. */
function flush(c: Choice, f: Fixture, tx: Transaction): readonly unknown[] {
  const ids = c.some([...f.conversations, f.spare[0] as string]);
  const behind = c.int(8) === 0 ? 1 : 0;
  const befores = ids.map((id) => (tx.one(tx.tables.streamsById, id)?.last_seq ?? 0) - behind);
  const events = ids.flatMap((stream, n) =>
    Array.from({ length: 1 + c.int(2) }, (_, m) => ({
      stream,
      seq: (befores[n] as number) + m + 1,
    })),
  );
  const last = (id: string) => Math.max(...events.filter((e) => e.stream === id).map((e) => e.seq));
  // At most one of the events has an id, as in a batch of one command.
  const client = c.of([null, ...f.clients]);
  const type = c.of([...POSTED, 'message.edited', 'message.unhidden']);
  const dataOf = () => {
    if (type === 'message.posted') return '{"body":"b"}';
    const [message, author] = [messageSeq(c), f.accounts[0] as string];
    return JSON.stringify({ message, ...(type === 'message.unhidden' && { author }), body: 'b' });
  };
  return [
    ids,
    befores,
    ids.map(last),
    ids.map(() => at(c.int(9))),
    events.map((e) => e.stream),
    events.map((e) => e.seq),
    events.map(() => type),
    events.map(() => c.of(f.accounts.slice(0, 2))),
    events.map((_, n) => (n === 0 ? client : null)),
    events.map(() => at(c.int(9))),
    events.map(dataOf),
    events.map((_, n) => (n === 0 && client ? digest(c) : null)),
  ];
}
