import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type FileId,
  LIMITS,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../stream/command-digest.ts';
import type { Command, Decision, RuleContext } from '../stream/stream-transaction.ts';
import {
  closePollCommand,
  deleteCommand,
  editCommand,
  forwardCommand,
  pinCommand,
  pollCommand,
  postCommand,
  reactCommand,
  unpinCommand,
  unreactCommand,
  voteCommand,
} from './commands.ts';
import type { PostCommand } from './post-rule.ts';
import { refusalOfSlowMode } from './slow-mode.ts';

// What rules decide about the rows that they have read. The statements: commands.db, polls.db, threads.db.

const AT = '2026-01-01T12:00:00.000Z';
const ann = '01890000-0000-7000-8000-00000000000a' as AccountId;
const bob = '01890000-0000-7000-8000-00000000000b' as AccountId;
const conversation = '01890000-0000-7000-8000-000000000001' as ConversationId;
const elsewhere = '01890000-0000-7000-8000-000000000002' as ConversationId;
const file = (n: number) => `01890000-0000-7000-8000-0000000000f${n}` as FileId;
const request = {
  actor: ann,
  clientId: '01890000-0000-7000-8000-0000000000c1' as ClientId,
  conversation,
};
const message = 7 as Seq;

/** The rows that statements return, by name: those of a member and of its own message. */
let rows: Map<string, object[]>;
let asked: string[];
beforeEach(() => {
  asked = [];
  rows = new Map([
    ['messages-members-one', [member()]],
    ['messages-target', [target()]],
  ]);
});

const member = (more: object = {}) => ({
  n: 1,
  role: 'member',
  visibility: 'private',
  is_everyone: false,
  post: null,
  reply: null,
  mention_everyone: null,
  member_count: 3,
  is_server_admin: null,
  is_archived: false,
  slow_mode_seconds: 0,
  slow_posted_at: null,
  is_blocked: null,
  has_lost_access: false,
  ...more,
});
const target = (more: object = {}) => ({
  author_id: ann,
  deleted: false,
  changed_seq: 9,
  files: null,
  thread: null,
  also_in_conversation: null,
  is_fixed: false,
  visibility: 'private',
  overrides: {},
  role: 'member',
  is_everyone: false,
  member_count: 3,
  is_server_admin: null,
  is_archived: false,
  is_blocked: null,
  has_lost_access: false,
  ...more,
});

const tx: RuleContext = {
  at: AT,
  query: async (name) => {
    asked.push(name);
    // What is read of a message depends on the action.
    const key = name.startsWith('messages-target') ? 'messages-target' : name;
    return (rows.get(key) ?? []) as never;
  },
  has: () => true,
  head: () => 9 as Seq,
};
const decide = (command: Command): Promise<Decision> => command.rule.decide(tx, command);
/** What is decided in one word: the refusal, the event that stands, or the type of the first event. */
async function outcome(command: Command): Promise<string | number> {
  const decision = await decide(command);
  if ('refuse' in decision) return decision.refuse.code;
  return 'unchanged' in decision ? decision.unchanged : decision.events[0].type;
}
/** The data of the only event. */
async function dataOf(command: Command): Promise<unknown> {
  const decision = await decide(command);
  if (!('events' in decision)) throw new Error(`No event: ${JSON.stringify(decision)}`);
  expect(decision.events).toHaveLength(1);
  expect(decision.events[0].stream).toBe(streamOfConversation(conversation));
  return decision.events[0].data;
}

describe('a post', () => {
  test('a plain post has only its text, and reads nothing', async () => {
    expect(await dataOf(postCommand(request, 'text'))).toEqual({ body: 'text' });
    expect(asked).toEqual(['messages-members-one']);
    const decision = await decide(postCommand(request, 'text'));
    expect(decision).not.toHaveProperty('writes');
  });

  test('a post has its quoted message and its place in a thread', async () => {
    rows.set('messages-quoted', [{ n: 0 }]);
    rows.set('threads-roots', [{ n: 0, is_reply: false, is_deleted: false }]);
    const post = (alsoInConversation: boolean) =>
      dataOf(
        postCommand(request, 'text', {
          replyTo: 2 as Seq,
          inThread: { thread: 3 as Seq, alsoInConversation },
        }),
      );
    expect(await post(true)).toEqual({
      body: 'text',
      replyTo: 2,
      thread: 3,
      alsoInConversation: true,
    });
    expect(await post(false)).toEqual({ body: 'text', replyTo: 2, thread: 3 });
  });

  test('refuses a post from accounts that may not post there', async () => {
    const post = postCommand(request, 'text');
    for (const [row, code] of [
      [undefined, 'conversation_not_found'],
      [member({ has_lost_access: true }), 'forbidden'],
      [member({ is_archived: true }), 'conversation_archived'],
      [member({ is_blocked: true }), 'blocked'],
      [member({ is_blocked: false, has_lost_access: null }), 'message.posted'],
      [member({ post: 'admin' }), 'forbidden'],
      [member({ post: 'admin', role: 'admin' }), 'message.posted'],
      [member({ post: 'admin', is_everyone: true, role: 'owner' }), 'forbidden'],
      [member({ post: 'admin', is_everyone: true, is_server_admin: true }), 'message.posted'],
    ] as const) {
      rows.set('messages-members-one', row ? [row] : []);
      expect(await outcome(post)).toBe(code);
    }
  });

  test('a reply in a thread needs the right to reply, and to be shown in the conversation the right to post', async () => {
    rows.set('threads-roots', [{ n: 0, is_reply: false, is_deleted: false }]);
    const reply = (alsoInConversation: boolean) =>
      outcome(postCommand(request, 'x', { inThread: { thread: 3 as Seq, alsoInConversation } }));
    for (const [more, answers] of [
      [{ post: 'admin' }, ['forbidden', 'forbidden']],
      [{ post: 'admin', reply: 'member' }, ['message.posted', 'forbidden']],
      [{ reply: 'admin' }, ['forbidden', 'forbidden']],
      [{}, ['message.posted', 'message.posted']],
    ] as const) {
      rows.set('messages-members-one', [member(more)]);
      expect([await reply(false), await reply(true)]).toEqual(answers);
    }
  });

  test('refuses a post that refers to something missing', async () => {
    const quote = postCommand(request, 'x', { replyTo: 2 as Seq });
    expect(await decide(quote)).toMatchObject({
      refuse: { code: 'message_not_found', message: expect.stringContaining('replyTo') },
    });
    const reply = postCommand(request, 'x', {
      inThread: {
        thread: 3 as Seq,
        alsoInConversation: false,
      },
    });
    expect(await decide(reply)).toMatchObject({
      refuse: { code: 'message_not_found', message: expect.stringContaining('thread') },
    });
    for (const [root, code] of [
      [{ is_reply: true, is_deleted: false }, 'is_reply'],
      [{ is_reply: false, is_deleted: true }, 'message_deleted'],
      [{ is_reply: false, is_deleted: false }, 'message.posted'],
    ] as const) {
      rows.set('threads-roots', [{ n: 0, ...root }]);
      expect(await outcome(reply)).toBe(code);
    }
    const forward = forwardCommand(request, { conversation: elsewhere, message });
    expect(await decide(forward)).toMatchObject({
      refuse: { code: 'message_not_found', message: expect.stringContaining('forward') },
    });
  });

  test('a post attaches its files, and is refused if one is missing', async () => {
    const post = postCommand(request, 'x', { attachments: [file(1), file(2)] });
    rows.set('attachments-files', [{ n: 0, file: { id: file(1) } }]);
    expect(await outcome(post)).toBe('file_not_found');
    rows.set(
      'attachments-files',
      [1, 2].map((n) => ({ n: 0, file: { id: file(n) } })),
    );
    const decision = await decide(post);
    expect(decision).toMatchObject({
      events: [{ data: { body: 'x', attachments: [{ id: file(1) }, { id: file(2) }] } }],
      writes: [{ name: 'attachments-attached', values: [[file(1), file(2)]] }],
    });
  });

  test('a forwarded post has the text and the first origin of its source', async () => {
    const source = {
      n: 0,
      body: 'there',
      author_id: bob,
      posted_at: new Date('2025-01-01T00:00:00.000Z'),
      conversation_id: elsewhere,
      seq: 7,
      forwarded_from: null as object | null,
    };
    const forward = forwardCommand(request, { conversation: elsewhere, message });
    rows.set('messages-forwarded', [source]);
    expect(await dataOf(forward)).toEqual({
      body: 'there',
      forwardedFrom: {
        conversation: elsewhere,
        seq: 7,
        author: bob,
        at: '2025-01-01T00:00:00.000Z',
      },
    });
    const first = { conversation, seq: 1, author: ann, at: AT };
    rows.set('messages-forwarded', [{ ...source, forwarded_from: first }]);
    expect(await dataOf(forward)).toEqual({ body: 'there', forwardedFrom: first });
  });

  test('refuses a post with a poll that would have ended already', async () => {
    const poll = (endsAt: string | null) => ({ choices: ['a', 'b'], isMultiple: false, endsAt });
    for (const [endsAt, code] of [
      [null, 'message.posted'],
      ['2026-01-01T12:00:00.001Z', 'message.posted'],
      [AT, 'time_passed'],
      ['2026-01-01T11:59:59.000Z', 'time_passed'],
    ] as const) {
      expect(await outcome(pollCommand(request, 'which?', poll(endsAt)))).toBe(code);
    }
    expect(await dataOf(pollCommand(request, 'which?', poll(null)))).toEqual({
      body: 'which?',
      poll: poll(null),
    });
  });

  test('a post in a batch is decided by the row of its own command', async () => {
    rows.set('messages-members', [member({ n: 2 }), member({ n: 3, is_archived: true })]);
    rows.set('messages-quoted', [{ n: 1 }]);
    const commands = [2, 2, 2].map((seq) => postCommand(request, 'x', { replyTo: seq as Seq }));
    const decisions = await (commands[0] as PostCommand).rule.decideMany?.(tx, commands as never);
    expect(decisions?.map((d) => ('refuse' in d ? d.refuse.code : 'stored'))).toEqual([
      'conversation_not_found',
      'stored',
      'conversation_archived',
    ]);
  });
});

describe('slow mode', () => {
  const slow = (more: object = {}) => member({ slow_mode_seconds: 30, ...more });

  test('slow mode refuses the next post until the wait is over', async () => {
    rows.set('messages-members-one', [slow()]);
    const post = postCommand(request, 'x');
    expect(await decide(post)).toMatchObject({
      writes: [{ name: 'messages-slow-post', values: [conversation, ann, AT] }],
    });
    for (const [ago, retryAfter] of [
      [29_750, 0.25],
      [30_000, undefined],
      [-5_000, 30],
    ] as const) {
      const slow_posted_at = new Date(Date.parse(AT) - ago);
      rows.set('messages-members-one', [slow({ slow_posted_at })]);
      const decision = await decide(post);
      if (retryAfter === undefined) expect(decision).toHaveProperty('events');
      else expect(decision).toMatchObject({ refuse: { code: 'slow_mode', retryAfter } });
    }
  });

  test('slow mode does not apply to admins, and writes the files of a post as well', async () => {
    const slow_posted_at = new Date(AT);
    rows.set('messages-members-one', [slow({ role: 'admin', slow_posted_at })]);
    expect(await decide(postCommand(request, 'x'))).not.toHaveProperty('writes');
    rows.set('messages-members-one', [slow()]);
    rows.set('attachments-files', [{ n: 0, file: { id: file(1) } }]);
    const decision = await decide(postCommand(request, 'x', { attachments: [file(1)] }));
    expect('writes' in decision && decision.writes?.map(({ name }) => name)).toEqual([
      'attachments-attached',
      'messages-slow-post',
    ]);
  });

  test('slow mode applies between posts of one batch, per member and group', async () => {
    const commands = [
      postCommand(request, 'one'),
      postCommand(request, 'two'),
      postCommand({ ...request, actor: bob }, 'three'),
      postCommand({ ...request, conversation: elsewhere }, 'four'),
      postCommand(request, 'five'),
    ];
    rows.set(
      'messages-members',
      [1, 2, 3, 4, 5].map((n) => slow({ n })),
    );
    const decisions = await (commands[0] as PostCommand).rule.decideMany?.(tx, commands as never);
    expect(decisions?.map((d) => ('refuse' in d ? d.refuse.code : 'stored'))).toEqual([
      'stored',
      'slow_mode',
      'stored',
      'stored',
      'slow_mode',
    ]);
    // A post that was refused for another reason makes no one wait.
    rows.set('messages-members', [slow({ n: 1, is_blocked: true }), slow({ n: 2 })]);
    const two = await (commands[0] as PostCommand).rule.decideMany?.(
      tx,
      commands.slice(0, 2) as never,
    );
    expect(two?.map((d) => ('refuse' in d ? d.refuse.code : 'stored'))).toEqual([
      'blocked',
      'stored',
    ]);
  });

  test('slow mode waits are in milliseconds, and there is none before the first post', () => {
    expect(refusalOfSlowMode(30, null, AT)).toBeNull();
    const last = '2026-01-01T11:59:59.999Z';
    expect(refusalOfSlowMode(30, last, AT)?.retryAfter).toBe(29.999);
  });
});

describe('the names in a text', () => {
  const users = [{ n: 1, id: bob }];

  test('names in a text are mentions if they are found, each once, in the order of the text', async () => {
    rows.set('mentions-users', users);
    rows.set('mentions-groups', [{ n: 1, id: elsewhere }]);
    expect(
      await dataOf(postCommand(request, '#news @bob @unknown-name @bob `@ann`')),
    ).toMatchObject({
      mentions: [
        { kind: 'group', name: 'news', id: elsewhere },
        { kind: 'user', name: 'bob', id: bob },
      ],
    });
    expect(asked).toEqual(expect.arrayContaining(['mentions-groups', 'mentions-users']));
    asked = [];
    rows.set('mentions-users', []);
    expect(await dataOf(postCommand(request, 'to @bob'))).toEqual({ body: 'to @bob' });
    expect(asked).not.toContain('mentions-groups');
  });

  test('@everyone and @here are mentions for those who may use them, without a look-up', async () => {
    const mentions = async (more: object) => {
      rows.set('messages-members-one', [member(more)]);
      const data = (await dataOf(postCommand(request, '@everyone @here #here'))) as {
        mentions?: { kind: string }[];
      };
      return data.mentions?.map(({ kind }) => kind) ?? [];
    };
    const large = LIMITS.mentionEveryoneMembers + 1;
    expect(await mentions({ member_count: large - 1 })).toEqual(['everyone', 'here']);
    expect(await mentions({ member_count: large })).toEqual([]);
    expect(await mentions({ member_count: large, role: 'admin' })).toEqual(['everyone', 'here']);
    expect(await mentions({ member_count: large, mention_everyone: 'member' })).toEqual([
      'everyone',
      'here',
    ]);
    expect(asked).not.toContain('mentions-users');
    expect(asked).toContain('mentions-groups');
  });

  test('names in a text are looked up up to a limit', () => {
    const text = Array.from({ length: LIMITS.mentionsPerMessage + 5 }, (_, n) => `@user${n}`);
    expect(postCommand(request, text.join(' ')).names?.names).toHaveLength(
      LIMITS.mentionsPerMessage,
    );
    // Emoji leave the places to those who are mentioned.
    const emoji = Array.from({ length: LIMITS.mentionsPerMessage }, (_, n) => `:emoji-${n}:`);
    const found = postCommand(request, `${emoji.join(' ')} @bob #news :last:`).names?.names ?? [];
    expect(found.map(({ sign, name }) => sign + name)).toEqual([
      ...emoji.slice(0, -2).map((name) => name.slice(0, -1)),
      '@bob',
      '#news',
    ]);
    expect(postCommand(request, 'no names, a@b.example').names).toBeNull();
    expect(postCommand(request, '@bob').names?.isToEveryone).toBe(false);
    expect(postCommand(request, '@bob @here').names?.isToEveryone).toBe(true);
    expect(postCommand(request, '#here').names?.isToEveryone).toBe(false);
  });

  test('names belong to their own text in a batch', async () => {
    rows.set('messages-members', [member({ n: 1 }), member({ n: 2 })]);
    rows.set('mentions-users', [{ n: 2, id: bob }]);
    const commands = [postCommand(request, '@carol'), postCommand(request, '@bob')];
    const decisions = await (commands[0] as PostCommand).rule.decideMany?.(tx, commands as never);
    const mentions = decisions?.map((d) => 'events' in d && d.events[0].data);
    expect(mentions).toEqual([
      { body: '@carol' },
      { body: '@bob', mentions: [{ kind: 'user', name: 'bob', id: bob }] },
    ]);
  });
});

describe('a command about a message', () => {
  const edit = editCommand(request, message, 'new');
  const remove = deleteCommand(request, message);
  const react = reactCommand(request, message, '👍');
  const answers = async (row: object | undefined) => {
    rows.set('messages-target', row ? [row] : []);
    return [await outcome(edit), await outcome(remove), await outcome(react)];
  };

  test('a command on a message is allowed by the policy alone', async () => {
    const done = ['message.edited', 'message.deleted', 'reaction.added'];
    expect(await answers(target())).toEqual(done);
    const gone = 'conversation_not_found';
    expect(await answers(undefined)).toEqual([gone, gone, gone]);
    const none = 'message_not_found';
    expect(await answers(target({ author_id: null }))).toEqual([none, none, none]);
    const others = ['forbidden', 'forbidden', 'reaction.added'];
    expect(await answers(target({ author_id: bob }))).toEqual(others);
    const admin = target({ author_id: bob, role: 'admin' });
    expect(await answers(admin)).toEqual(['forbidden', 'message.deleted', 'reaction.added']);
    expect(await answers(target({ author_id: bob, is_everyone: true, role: 'admin' }))).toEqual(
      others,
    );
    const server = { author_id: bob, is_everyone: true, is_server_admin: true };
    expect(await answers(target(server))).toEqual([
      'forbidden',
      'message.deleted',
      'reaction.added',
    ]);
    const decided = { author_id: bob, overrides: { deleteOthers: 'member' } };
    expect(await answers(target(decided))).toEqual([
      'forbidden',
      'message.deleted',
      'reaction.added',
    ]);
    expect(await decide(edit)).toMatchObject({
      refuse: { message: expect.stringContaining('author') },
    });
  });

  test('refuses commands of suspended accounts, in archived conversations, and of blocked users except deletions', async () => {
    const archived = 'conversation_archived';
    const lost = 'forbidden';
    expect(await answers(target({ has_lost_access: true }))).toEqual([lost, lost, lost]);
    expect(await answers(target({ is_archived: true }))).toEqual([archived, archived, archived]);
    expect(await answers(target({ is_blocked: true }))).toEqual([
      'blocked',
      'message.deleted',
      'blocked',
    ]);
  });

  test('refuses commands on a deleted message, which cannot be deleted again', async () => {
    expect(await answers(target({ deleted: true }))).toEqual([
      'message_deleted',
      9,
      'message_deleted',
    ]);
    expect(await outcome(pinCommand(request, message))).toBe('message_deleted');
  });

  test('refuses edits of forwarded messages and polls', async () => {
    expect(await answers(target({ is_fixed: true }))).toEqual([
      'not_editable',
      'message.deleted',
      'reaction.added',
    ]);
  });

  test('commands on one’s own messages have time limits', async () => {
    const passed = 'window_passed';
    const window = (seconds: number | null, ago: number) =>
      rows.set('messages-window', [{ seconds, posted_at: new Date(Date.parse(AT) - ago) }]);
    window(60, 60_000);
    expect(await answers(target())).toEqual([passed, passed, 'reaction.added']);
    expect(await answers(target({ role: 'admin' }))).toEqual([
      passed,
      'message.deleted',
      'reaction.added',
    ]);
    expect(await answers(target({ role: 'admin', author_id: bob }))).toEqual([
      'forbidden',
      'message.deleted',
      'reaction.added',
    ]);
    expect((await answers(target({ deleted: true })))[1]).toBe(9);
    window(60, 59_999);
    expect((await answers(target()))[0]).toBe('message.edited');
    window(0, 0);
    expect((await answers(target()))[0]).toBe(passed);
    window(null, 1e12);
    expect((await answers(target()))[0]).toBe('message.edited');
    rows.delete('messages-window');
    expect((await answers(target()))[0]).toBe('message.edited');
  });
});

describe('an edit or a deletion', () => {
  test('an edit names the thread of the message, and resolves its mentions', async () => {
    const edit = editCommand(request, message, 'to @bob');
    rows.set('mentions-users', [{ n: 1, id: bob }]);
    rows.set('messages-target', [target({ thread: 3, also_in_conversation: true })]);
    expect(await dataOf(edit)).toEqual({
      message,
      body: 'to @bob',
      thread: 3,
      alsoInConversation: true,
      mentions: [{ kind: 'user', name: 'bob', id: bob }],
    });
    rows.set('messages-target', [target({ thread: 3, also_in_conversation: null })]);
    rows.delete('mentions-users');
    expect(await dataOf(edit)).toEqual({ message, body: 'to @bob', thread: 3 });
    const toAll = editCommand(request, message, '@everyone');
    const large = LIMITS.mentionEveryoneMembers + 1;
    rows.set('messages-target', [target({ member_count: large })]);
    expect(await dataOf(toAll)).toEqual({ message, body: '@everyone' });
    rows.set('messages-target', [target({ member_count: large - 1 })]);
    expect(await dataOf(toAll)).toMatchObject({ mentions: [{ kind: 'everyone' }] });
  });

  test('an edit keeps the meaning of names that the text had before', async () => {
    const was = [
      { kind: 'user', name: 'bob', id: bob },
      { kind: 'group', name: 'bob', id: elsewhere },
      { kind: 'emoji', name: 'cat', id: file(7) },
      { kind: 'everyone' },
    ];
    const mentions = async (body: string, more: object = {}) => {
      rows.set('messages-target', [target({ mentions: was, ...more })]);
      return ((await dataOf(editCommand(request, message, body))) as { mentions?: object[] })
        .mentions;
    };
    // Renamed or deleted since.
    expect(await mentions('a :cat: for @bob in #bob, @carol')).toEqual([was[2], was[0], was[1]]);
    // The names were given to others since.
    rows.set('mentions-users', [{ n: 1, id: file(8) }]);
    rows.set('mentions-emoji', [{ n: 1, id: file(9) }]);
    expect(await mentions('@bob :cat:')).toEqual([was[0], was[2]]);
    expect(await mentions('@bob :cat:', { mentions: null })).toEqual([
      { kind: 'user', name: 'bob', id: file(8) },
      { kind: 'emoji', name: 'cat', id: file(9) },
    ]);
    expect(await mentions('no one')).toBeUndefined();
    // Whether everyone may be mentioned is decided again.
    const large = { member_count: LIMITS.mentionEveryoneMembers + 1 };
    expect(await mentions('@everyone', large)).toBeUndefined();
  });

  test('a deletion names the author, detaches the files, and has the new thread summary', async () => {
    const remove = deleteCommand(request, message);
    rows.set('messages-target', [target({ author_id: bob, role: 'owner' })]);
    const plain = await decide(remove);
    expect(plain).toMatchObject({ events: [{ data: { message, author: bob } }] });
    expect(plain).not.toHaveProperty('writes');
    expect(asked).not.toContain('threads-summaries');
    const write = { name: 'attachments-detached', values: [[file(1)], AT] };
    rows.set('messages-target', [target({ files: [file(1)] })]);
    expect(await decide(remove)).toMatchObject({ writes: [write] });
    const summary = { replies: 1 };
    rows.set('messages-target', [target({ files: [file(1)], thread: 3 })]);
    for (const left of [[], [{ thread: 3, summary }]]) {
      rows.set('threads-summaries', left);
      const decision = await decide(remove);
      expect(decision).toMatchObject({
        events: [
          { data: { message, author: ann, thread: 3, threadSummary: left[0]?.summary ?? null } },
        ],
        writes: [write],
      });
    }
  });
});

describe('reactions', () => {
  const reactions = (...list: [string, AccountId, number][]) =>
    rows.set(
      'messages-reactions',
      list.map(([emoji, account_id, seq]) => ({ emoji, account_id, seq })),
    );

  test('a second reaction of an account with the same emoji changes nothing', async () => {
    const react = reactCommand(request, message, '👍');
    reactions(['👍', bob, 11], ['🎉', ann, 12]);
    expect(await dataOf(react)).toEqual({ message, emoji: '👍' });
    reactions(['👍', bob, 11], ['👍', ann, 13]);
    expect(await outcome(react)).toBe(13);
  });

  test('limits the number of different emoji on a message', async () => {
    const emoji = Array.from({ length: LIMITS.reactionsPerMessage }, (_, n) => `e${n}`);
    reactions(...emoji.map((e): [string, AccountId, number] => [e, bob, 11]));
    expect(await outcome(reactCommand(request, message, 'new'))).toBe('too_many_reactions');
    expect(await outcome(reactCommand(request, message, 'e0'))).toBe('reaction.added');
    reactions(...emoji.slice(1).map((e): [string, AccountId, number] => [e, bob, 11]));
    expect(await outcome(reactCommand(request, message, 'new'))).toBe('reaction.added');
  });

  test('only its account removes a reaction', async () => {
    const unreact = unreactCommand(request, message, '👍');
    reactions(['👍', bob, 11], ['🎉', ann, 12]);
    expect(await outcome(unreact)).toBe(9);
    reactions(['👍', bob, 11], ['👍', ann, 12]);
    expect(await dataOf(unreact)).toEqual({ message, emoji: '👍' });
  });
});

describe('pins', () => {
  test('limits the number of pins, and a second pin changes nothing', async () => {
    const pin = pinCommand(request, message);
    for (const [count, own, expected] of [
      [LIMITS.pinsPerConversation - 1, null, 'message.pinned'],
      [LIMITS.pinsPerConversation, null, 'too_many_pins'],
      [LIMITS.pinsPerConversation, 5, 5],
    ] as const) {
      rows.set('messages-pins', [{ count, own }]);
      expect(await outcome(pin)).toBe(expected);
    }
    rows.set('messages-pins', [{ count: 0, own: null }]);
    expect(await dataOf(pin)).toEqual({ message });
    expect(await outcome(unpinCommand(request, message))).toBe(9);
    rows.set('messages-pins', [{ count: 1, own: 5 }]);
    expect(await dataOf(unpinCommand(request, message))).toEqual({ message });
  });

  test('pins need the minimum role of the group', async () => {
    rows.set('messages-pins', [{ count: 1, own: 5 }]);
    for (const [role, expected] of [
      ['member', 'forbidden'],
      ['admin', 'message.unpinned'],
    ] as const) {
      rows.set('messages-target', [target({ role, overrides: { pin: 'admin' } })]);
      expect(await outcome(unpinCommand(request, message))).toBe(expected);
    }
  });
});

describe('polls', () => {
  const poll = (more: object = {}, row: object = {}) =>
    rows.set('polls-one', [
      {
        poll: { choices: ['a', 'b', 'c'], isMultiple: false, endsAt: null, ...more },
        closed_at: null,
        choices: null,
        seq: null,
        ...row,
      },
    ]);
  const vote = (...choices: number[]) => voteCommand(request, message, choices);

  test('a poll takes votes until it ends or is closed', async () => {
    expect(await outcome(vote(0))).toBe('not_a_poll');
    poll();
    expect(await dataOf(vote(2))).toEqual({ message, choices: [2], before: [] });
    poll({ endsAt: AT });
    expect(await outcome(vote(0))).toBe('poll_closed');
    poll({ endsAt: '2026-01-01T12:00:00.001Z' });
    expect(await outcome(vote(0))).toBe('poll.voted');
    poll({}, { closed_at: new Date(AT) });
    expect(await outcome(vote(0))).toBe('poll_closed');
    rows.set('messages-target', [target({ deleted: true })]);
    poll();
    expect(await outcome(vote(0))).toBe('message_deleted');
  });

  test('a poll takes only choices that it has, and several only if it says so', async () => {
    poll();
    expect(await outcome(vote(3))).toBe('choice_invalid');
    expect(await outcome(vote(0, 1))).toBe('choice_invalid');
    poll({ isMultiple: true });
    expect(await dataOf(vote(2, 0, 2))).toEqual({ message, choices: [0, 2], before: [] });
    expect(await outcome(vote(0, 3))).toBe('choice_invalid');
  });

  test('a vote for the same choices changes nothing, and a new one names the earlier choices', async () => {
    poll({}, { choices: [1], seq: 8 });
    expect(await dataOf(vote(0))).toEqual({ message, choices: [0], before: [1] });
    expect(await dataOf(vote())).toEqual({ message, choices: [], before: [1] });
    expect(await outcome(vote(1))).toBe(8);
    poll();
    expect(await outcome(vote())).toBe(9);
  });

  test('the author, or members with a higher role, close a poll once', async () => {
    const close = closePollCommand(request, message);
    expect(await outcome(close)).toBe('not_a_poll');
    poll();
    expect(await dataOf(close)).toEqual({ message });
    poll({}, { closed_at: new Date(AT) });
    expect(await outcome(close)).toBe(9);
    poll();
    for (const [more, expected] of [
      [{ author_id: bob }, 'forbidden'],
      [{ author_id: bob, role: 'admin' }, 'poll.closed'],
      [{ deleted: true }, 'message_deleted'],
    ] as const) {
      rows.set('messages-target', [target(more)]);
      expect(await outcome(close)).toBe(expected);
    }
  });
});

test('the digest of a command includes everything that distinguishes it from others of its type', () => {
  const place = { thread: 3 as Seq, alsoInConversation: false };
  const poll = { choices: ['a', 'b'], isMultiple: false, endsAt: null };
  const commands: Command[] = [
    postCommand(request, 'x'),
    postCommand(request, 'y'),
    postCommand({ ...request, conversation: elsewhere }, 'x'),
    postCommand(request, 'x', { replyTo: 2 as Seq }),
    postCommand(request, 'x', { inThread: place }),
    postCommand(request, 'x', { replyTo: 2 as Seq, inThread: place }),
    postCommand(request, 'x', { inThread: { ...place, alsoInConversation: true } }),
    postCommand(request, 'x', { attachments: [file(1)] }),
    postCommand(request, 'x', { attachments: [file(1), file(2)] }),
    postCommand(request, 'x', { attachments: [file(2), file(1)] }),
    postCommand(request, 'x', { inThread: place, attachments: [file(1)] }),
    pollCommand(request, 'x', poll),
    pollCommand(request, 'x', { ...poll, isMultiple: true }),
    pollCommand(request, 'x', { ...poll, endsAt: AT }),
    pollCommand(request, 'x', { ...poll, choices: ['a', 'c'] }),
    forwardCommand(request, { conversation: elsewhere, message }),
    forwardCommand(request, { conversation, message }),
    forwardCommand(request, { conversation: elsewhere, message: 8 as Seq }),
    editCommand(request, message, 'x'),
    editCommand(request, message, 'y'),
    editCommand(request, 8 as Seq, 'x'),
    deleteCommand(request, message),
    reactCommand(request, message, '👍'),
    unreactCommand(request, message, '👍'),
    pinCommand(request, message),
    unpinCommand(request, message),
    voteCommand(request, message, [1]),
    voteCommand(request, message, [1, 2]),
    closePollCommand(request, message),
  ];
  const digests = commands.map((command) => digestOf(command).toString('hex'));
  expect(new Set(digests).size).toBe(commands.length);
  // The order of choices, and repeated ones, do not matter.
  const votes = [voteCommand(request, message, [2, 10, 2]), voteCommand(request, message, [10, 2])];
  expect(new Set(votes.map((command) => digestOf(command).toString('hex'))).size).toBe(1);
});

test('the payloads of earlier versions remain as they are: a retry after an upgrade still matches', () => {
  const place = { thread: 3 as Seq, alsoInConversation: false };
  const payloads = [
    postCommand(request, 'x'),
    postCommand(request, 'x', { replyTo: 2 as Seq }),
    postCommand(request, 'x', { inThread: place }),
    postCommand(request, 'x', { attachments: [file(1), file(2)] }),
    postCommand(request, 'x', { replyTo: 2 as Seq, inThread: place, attachments: [file(1)] }),
    editCommand(request, message, 'x'),
    deleteCommand(request, message),
  ].map(({ payload }) => payload);
  expect(payloads).toEqual([
    ['x'],
    ['x', 2],
    ['x', null, 3, false],
    ['x', null, `${file(1)} ${file(2)}`],
    ['x', 2, 3, false, file(1)],
    [7, 'x'],
    [7, ''],
  ]);
});
