import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type FileId,
  type ImageId,
  type Seq,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { findableBy, knownAccounts } from '@parley/server/internal/accounts/users/known-accounts';
import { meOf, meOfEach } from '@parley/server/internal/accounts/users/queries';
import { userOf, usersPage } from '@parley/server/internal/accounts/users/users';
import { AuditLog } from '@parley/server/internal/audit/audit-log';
import {
  createGroup,
  deleteGroup,
  openDirect,
} from '@parley/server/internal/conversations/commands';
import { bootstrapEveryone, EVERYONE } from '@parley/server/internal/conversations/everyone';
import {
  addMember,
  changeMemberRole,
  joinGroup,
  leaveGroup,
  removeMember,
  transferOwnership,
  withdrawMember,
} from '@parley/server/internal/conversations/members';
import { memberOf, membersOf, publicGroups } from '@parley/server/internal/conversations/queries';
import {
  archiveGroup,
  changeGroupAvatar,
  changeMinimumRoles,
  renameGroup,
  restoreGroup,
  updateGroup,
} from '@parley/server/internal/conversations/settings';
import { conversationFor, conversationsOf } from '@parley/server/internal/conversations/snapshot';
import {
  type KnownState,
  loadStarts,
  type Start,
} from '@parley/server/internal/conversations/start';
import { EVENT_VISIBILITY } from '@parley/server/internal/event-types/event-visibility';
import { PROJECTIONS } from '@parley/server/internal/event-types/projections';
import type { RefusalError } from '@parley/server/internal/http/errors';
import { placeLegalHold, releaseLegalHold } from '@parley/server/internal/legal-holds/commands';
import { legalHoldExport } from '@parley/server/internal/legal-holds/export';
import { LegalHoldPurge } from '@parley/server/internal/legal-holds/purge';
import { legalHold } from '@parley/server/internal/legal-holds/queries';
import {
  addReaction,
  closePoll,
  deleteMessage,
  editMessage,
  pinMessage,
  postCommand,
  postMessage,
  postPoll,
  removeReaction,
  unpinMessage,
  vote,
} from '@parley/server/internal/messages/commands';
import { hideMessage, unhideMessage } from '@parley/server/internal/messages/hide-rules';
import { editHistory } from '@parley/server/internal/messages/history/edit-history';
import {
  eventsFor,
  history,
  messageFor,
  pinnedMessages,
} from '@parley/server/internal/messages/history/queries';
import {
  cursorsOf,
  ReadCursors,
  readVersions,
} from '@parley/server/internal/messages/read-cursors/read-cursors';
import { eraseMessages } from '@parley/server/internal/messages/redaction/erase';
import { mentionSuggestions } from '@parley/server/internal/messages/routes/mention-suggestions';
import {
  readAllThreads,
  readThread,
} from '@parley/server/internal/messages/threads/thread-cursors';
import {
  followedThreads,
  type ThreadKey,
  threadCursorsOf,
  threadPage,
} from '@parley/server/internal/messages/threads/thread-queries';
import { followThread, unfollowThread } from '@parley/server/internal/personal/follow-commands';
import { changeRetention } from '@parley/server/internal/retention/commands';
import { cutoffsOf, expireMessages } from '@parley/server/internal/retention/expire';
import { conversationsToExpire, settingsOf } from '@parley/server/internal/retention/queries';
import { Directory } from '@parley/server/internal/search/directory';
import { Append } from '@parley/server/internal/stream/append';
import { Projections } from '@parley/server/internal/stream/projections';
import { readEvents, readHeads } from '@parley/server/internal/stream/read';
import {
  changeUserGroup,
  createUserGroup,
  deleteUserGroup,
} from '@parley/server/internal/user-groups/commands';
import { createLogger } from '@parley/server/log';
import type pg from 'pg';
import type { DatabaseModel } from '../src/database/model.ts';

const log = createLogger('silent');
/** An avatar of a group, and the file that it was made of. */
const IMAGE = {
  image: '00000000-0000-7000-8000-0000000000b1' as ImageId,
  file: '00000000-0000-7000-8000-0000000000b2' as FileId,
};
const account = (n: number) => `00000000-0000-7000-8000-0000000000a${n}` as AccountId;
const [ann, bob, cid, dan, admin, guest, owner] = [1, 2, 3, 4, 5, 6, 7].map(account) as [
  AccountId,
  AccountId,
  AccountId,
  AccountId,
  AccountId,
  AccountId,
  AccountId,
];

/** Returns what one client starts from. */
async function loadStart(pool: pg.Pool, account: AccountId, known: KnownState): Promise<Start> {
  const [start] = await loadStarts(pool, [{ account, known }]);
  if (!start) throw new Error(`There is no account ${account}`);
  return start;
}

/** Inserts the accounts that the commands need: one is inactive, one an admin, one a guest, and one the owner. */
export function insertAccounts(model: DatabaseModel): void {
  for (const [n, id] of [ann, bob, cid, dan].entries()) {
    model.insertAccount({ id, username: `u${n}`, isActive: id !== dan });
  }
  model.insertAccount({ id: admin, username: 'admin', role: 'admin' });
  model.insertAccount({ id: guest, username: 'guest', role: 'guest' });
  model.insertAccount({ id: owner, username: 'owner', role: 'owner' });
}

/** Answers of the product, each with what was asked. */
export type Transcript = [question: string, answer: unknown][];

/**
 * Runs every command and every read of the delivery path, with the product's own functions, and returns
 * the answers.
 */
export async function runProduct(pool: pg.Pool, appendPool: pg.Pool): Promise<Transcript> {
  const product = new Product(pool, appendPool);
  await product.conversations();
  await product.messages();
  await product.threads();
  await product.polls();
  await product.hiding();
  await product.userGroups();
  await product.members();
  await product.readCursors();
  await product.reads();
  await product.legalHold();
  await product.guests();
  await product.erasure();
  await product.retention();
  return product.transcript;
}

class Product {
  readonly transcript: Transcript = [];
  readonly #pool: pg.Pool;
  readonly #append: Append;
  readonly #cursors: ReadCursors;
  readonly #conversations: ConversationId[] = [];
  #ids = 0;
  #now = Date.parse('2026-01-01T00:00:00.000Z');

  constructor(pool: pg.Pool, appendPool: pg.Pool) {
    this.#pool = pool;
    this.#cursors = new ReadCursors(pool, log);
    this.#append = new Append({
      pool: appendPool,
      clock: { now: () => ++this.#now },
      log,
      projections: new Projections(PROJECTIONS),
      visibility: EVENT_VISIBILITY,
      publish: () => undefined,
    });
  }

  async #ask<T>(question: string, answer: Promise<T>): Promise<T> {
    const value = await answer;
    this.transcript.push([question, value]);
    return value;
  }

  #by(actor: AccountId, conversation: ConversationId) {
    return { actor, clientId: this.#id(), conversation };
  }

  #id(): ClientId {
    return `00000000-0000-7000-8000-${String(++this.#ids).padStart(12, '0')}` as ClientId;
  }

  get #group(): ConversationId {
    return this.#conversations[0] as ConversationId;
  }

  async conversations(): Promise<void> {
    const append = this.#append;
    await bootstrapEveryone(append);
    await bootstrapEveryone(append);
    for (const [visibility, members] of [
      ['public', [bob]],
      ['private', [bob, cid]],
    ] as const) {
      const request = { actor: ann, clientId: this.#id() };
      const group = { name: `a ${visibility} group`, visibility, members };
      const made = await this.#ask('create group', createGroup(append, request, group));
      if (made.kind === 'stored') this.#conversations.push(made.stream as string as ConversationId);
      await this.#ask('again', createGroup(append, request, group));
    }
    const request = { actor: ann, clientId: this.#id() };
    const group = { name: 'no', visibility: 'public' as const, members: [dan] };
    await this.#ask('inactive member', createGroup(append, request, group));
    for (const [actor, other] of [
      [ann, bob],
      [bob, ann],
      [ann, ann],
      [ann, [bob, cid]],
      [ann, dan],
    ] as const) {
      const made = await this.#ask(
        'open direct',
        openDirect(append, { actor, clientId: this.#id() }, [other].flat()),
      );
      if (made.kind === 'stored') this.#conversations.push(made.stream as string as ConversationId);
    }
  }

  async messages(): Promise<void> {
    const append = this.#append;
    const group = this.#group;
    const first = this.#by(ann, group);
    const posted = await this.#ask('post', postMessage(append, first, 'one'));
    await this.#ask('post again', postMessage(append, first, 'one'));
    await this.#ask('another with its id', postMessage(append, first, 'two'));
    await this.#ask('post elsewhere with its id', this.#postElsewhere(first));
    await this.#ask('post by non-member', postMessage(append, this.#by(cid, group), 'no'));
    const bodies = ['two', 'three', 'four', 'five', 'six'];
    const batch = bodies.map((body, n) =>
      append.run(postCommand(this.#by(n % 2 ? ann : bob, group), body)),
    );
    await this.#ask('a batch', Promise.all(batch));
    const message = (posted.kind === 'stored' ? posted.seq : 0) as Seq;
    const none = 999 as Seq;
    const toAll =
      '@u1, @U1, @u3, @unknown, @here, @everyone: see #a-public-group and #a-private-group';
    for (const actor of [ann, bob]) {
      await this.#ask('mention', postMessage(append, this.#by(actor, group), toAll));
      await this.#ask('cursors', cursorsOf(this.#pool, bob));
    }
    const mentioning = await this.#ask('mention', postMessage(append, this.#by(ann, group), '@u1'));
    const late = (mentioning.kind === 'stored' ? mentioning.seq : 0) as Seq;
    for (const body of ['@everyone and @u0', 'no one', '@u1 again']) {
      await this.#ask('edit', editMessage(append, this.#by(ann, group), late, body));
      await this.#ask('message', messageFor(this.#pool, bob, group, late));
      await this.#ask('cursors', cursorsOf(this.#pool, bob));
    }
    await this.#ask('delete', deleteMessage(append, this.#by(ann, group), late));
    await this.#ask('cursors', cursorsOf(this.#pool, bob));
    const acts = [
      [
        'reply',
        (m: Seq, a: AccountId) => postMessage(append, this.#by(a, group), 'reply', { replyTo: m }),
      ],
      ['edit', (m: Seq, a: AccountId) => editMessage(append, this.#by(a, group), m, 'edited')],
      ['react', (m: Seq, a: AccountId) => addReaction(append, this.#by(a, group), m, '👍')],
      ['react', (m: Seq, a: AccountId) => addReaction(append, this.#by(a, group), m, '🎉')],
      ['pin', (m: Seq, a: AccountId) => pinMessage(append, this.#by(a, group), m)],
      ['unreact', (m: Seq, a: AccountId) => removeReaction(append, this.#by(a, group), m, '🎉')],
      ['unpin', (m: Seq, a: AccountId) => unpinMessage(append, this.#by(a, group), m)],
      ['pin again', (m: Seq, a: AccountId) => pinMessage(append, this.#by(a, group), m)],
      ['delete', (m: Seq, a: AccountId) => deleteMessage(append, this.#by(a, group), m)],
      ['react', (m: Seq, a: AccountId) => addReaction(append, this.#by(a, group), m, '👍')],
      ['pin', (m: Seq, a: AccountId) => pinMessage(append, this.#by(a, group), m)],
    ] as const;
    for (const [name, act] of acts) {
      for (const [who, seq] of [
        [bob, message],
        [ann, message],
        [ann, message],
        [ann, none],
        [cid, message],
      ] as const) {
        await this.#ask(name, act(seq, who));
      }
      await this.#ask('message', messageFor(this.#pool, bob, group, message));
      await this.#ask('pinned', pinnedMessages(this.#pool, bob, group));
      await this.#edits(group, message);
    }
    const second = (message + 1) as Seq;
    await addReaction(append, this.#by(ann, group), second, '👍');
    await pinMessage(append, this.#by(ann, group), second);
    const third = (message + 2) as Seq;
    await pinMessage(append, this.#by(bob, group), third);
  }

  /** Replies in threads: their roots, who follows them and how far they are read. */
  async threads(): Promise<void> {
    const append = this.#append;
    const group = this.#group;
    const by = (actor: AccountId) => this.#by(actor, group);
    const [one, two] = [await this.#posted('root of @u1'), await this.#posted('another root')];
    const reply = (who: AccountId, thread: Seq, body: string, alsoInConversation = false) =>
      postMessage(append, by(who), body, { inThread: { thread, alsoInConversation } });
    await this.#ask('reply to nothing', reply(ann, 999 as Seq, 'no'));
    const first = await this.#ask('reply', reply(bob, one, 'first'));
    const seq = (first.kind === 'stored' ? first.seq : 0) as Seq;
    await this.#ask('reply to a reply', reply(ann, seq, 'no'));
    await this.#threadsAsRead(one);
    await this.#ask('edit a reply', editMessage(append, by(bob), seq, 'first, of @u0'));
    await this.#ask('edit a root', editMessage(append, by(ann), two, 'another root of @u1'));
    const batch = [
      postCommand(by(ann), 'in both', { inThread: { thread: one, alsoInConversation: true } }),
      postCommand(by(bob), '@everyone', { inThread: { thread: one, alsoInConversation: false } }),
      postCommand(by(bob), 'other', { inThread: { thread: two, alsoInConversation: false } }),
      postCommand(by(ann), 'again', { inThread: { thread: one, alsoInConversation: false } }),
    ];
    const stored = await this.#ask('replies', Promise.all(batch.map((c) => append.run(c))));
    const last = Math.max(...stored.map((s) => (s.kind === 'stored' ? s.seq : 0))) as Seq;
    await this.#threadsAsRead(one);
    await this.#follows(group, one, seq);
    for (const [who, thread, upTo] of [
      [bob, one, seq],
      [bob, one, (seq - 1) as Seq],
      [bob, two, 9999 as Seq],
      [bob, seq, last],
      [bob, 999 as Seq, last],
      [cid, one, last],
    ] as const) {
      await this.#ask('read', readThread(this.#pool, who, group, thread, upTo));
    }
    await this.#threadsAsRead(one);
    await this.#ask('read all', readAllThreads(this.#pool, ann, 1));
    for (const [who, message] of [
      [ann, last],
      [bob, seq],
      [ann, two],
    ] as const) {
      await this.#ask('delete', deleteMessage(append, by(who), message));
      await this.#threadsAsRead(one);
    }
    await this.#ask('reply to a deleted root', reply(bob, two, 'no'));
  }

  async #follows(group: ConversationId, one: Seq, reply: Seq): Promise<void> {
    for (const [change, actor, thread] of [
      [unfollowThread, ann, one],
      [unfollowThread, ann, one],
      [followThread, ann, one],
      [followThread, cid, one],
      [followThread, bob, reply],
      [unfollowThread, bob, one],
    ] as const) {
      const request = { ...this.#by(actor, group), thread };
      await this.#ask(change.name, change(this.#append, request));
      await this.#ask('cursors', threadCursorsOf(this.#pool, actor));
    }
    const request = { ...this.#by(bob, group), thread: one };
    await this.#ask('follow again', followThread(this.#append, request));
  }

  /** Reads the threads as each member sees them. */
  async #threadsAsRead(thread: Seq): Promise<void> {
    const pool = this.#pool;
    const group = this.#group;
    for (const who of [ann, bob, cid]) {
      await this.#ask('thread', threadPage(pool, who, group, thread, { limit: 2 }));
      await this.#ask('thread cursors', threadCursorsOf(pool, who));
      let after: ThreadKey | null = null;
      do {
        const page: Awaited<ReturnType<typeof followedThreads>> = await this.#ask(
          'followed threads',
          followedThreads(pool, who, { after, limit: 1 }),
        );
        after = page.next;
      } while (after);
    }
    await this.#ask('history', history(pool, ann, group, { limit: 8 }));
    await this.#ask('conversation', conversationFor(pool, bob, group));
  }

  async #posted(body: string): Promise<Seq> {
    const posted = await postMessage(this.#append, this.#by(ann, this.#group), body);
    return (posted.kind === 'stored' ? posted.seq : 0) as Seq;
  }

  /** Polls: votes, closing, deletion. */
  async polls(): Promise<void> {
    const append = this.#append;
    const group = this.#group;
    const by = (actor: AccountId) => this.#by(actor, group);
    const choices = ['a', 'b', 'c'];
    for (const isMultiple of [false, true]) {
      const poll = { choices, isMultiple, endsAt: null };
      const made = await this.#ask('poll', postPoll(append, by(ann), 'which?', poll));
      const seq = (made.kind === 'stored' ? made.seq : 0) as Seq;
      for (const [who, message, chosen] of [
        [ann, seq, [0]],
        [bob, seq, [1, 2]],
        [bob, seq, [1]],
        [bob, seq, [1]],
        [ann, seq, [2]],
        [ann, seq, []],
        [ann, seq, [3]],
        [cid, seq, [0]],
        [bob, 4 as Seq, [0]],
      ] as const) {
        await this.#ask('vote', vote(append, by(who), message, chosen));
      }
      await this.#ask('voted', messageFor(this.#pool, bob, group, seq));
      await this.#ask('edit a poll', editMessage(append, by(ann), seq, 'no'));
      for (const who of [bob, ann, ann]) {
        await this.#ask('close', closePoll(append, by(who), seq));
      }
      await this.#ask('vote when closed', vote(append, by(bob), seq, [0]));
      if (isMultiple) await this.#ask('delete', deleteMessage(append, by(ann), seq));
      await this.#ask('closed', messageFor(this.#pool, bob, group, seq));
    }
  }

  /** Hides messages and shows them again. */
  async hiding(): Promise<void> {
    const append = this.#append;
    const group = this.#group;
    const by = (actor: AccountId) => this.#by(actor, group);
    const clock = { now: () => this.#now };
    const audit = { log: new AuditLog({ pool: this.#pool, clock, log }), address: null };
    const one = await this.#posted('one of @u1');
    const two = await this.#posted('two');
    await postMessage(append, by(ann), 'a reply', {
      inThread: {
        thread: one,
        alsoInConversation: false,
      },
    });
    await editMessage(append, by(ann), one, 'one, edited');
    await editMessage(append, by(ann), one, 'one, edited again, of @u1 and @everyone');
    const hide = (who: AccountId, seq: Seq) => hideMessage(append, by(who), seq, audit);
    const unhide = (who: AccountId, seq: Seq) => unhideMessage(append, by(who), seq, audit);
    for (const [name, act, who, seq] of [
      ['unhide what is shown', unhide, ann, one],
      ['hide as a member', hide, bob, one],
      ['hide', hide, ann, one],
      ['hide again', hide, ann, one],
      ['hide nothing', hide, ann, 999 as Seq],
      ['unhide as a member', unhide, bob, one],
      ['unhide', unhide, ann, one],
      ['hide once more', hide, ann, one],
      ['hide another', hide, ann, two],
    ] as const) {
      await this.#ask(name, act(who, seq));
      await this.#ask('message', messageFor(this.#pool, bob, group, one));
      await this.#ask('conversation', conversationFor(this.#pool, bob, group));
      await this.#edits(group, one);
    }
    await this.#ask('edit what is hidden', editMessage(append, by(ann), one, 'no'));
    await this.#ask('delete what is hidden', deleteMessage(append, by(ann), one));
    await this.#ask('unhide what is deleted', unhide(ann, one));
    await this.#ask('unhide without a mention', unhide(ann, two));
  }

  /** User groups that admins change, and messages that mention them. */
  async userGroups(): Promise<void> {
    const append = this.#append;
    const group = this.#group;
    const clock = { now: () => this.#now };
    const audit = { log: new AuditLog({ pool: this.#pool, clock, log }), address: null };
    const by = (actor: AccountId) => ({ actor, clientId: this.#id(), audit });
    const title = 'A team';
    const create = (who: AccountId, name: string, members: readonly AccountId[]) =>
      this.#ask('create', createUserGroup(append, by(who), { name, title, members }));
    const mention = async (text: string) => {
      const seq = await this.#posted(text);
      await this.#ask('mentions', messageFor(this.#pool, bob, group, seq));
      await this.#ask('cursors', cursorsOf(this.#pool, bob));
      return seq;
    };
    await create(bob, 'team', [ann]);
    const { userGroup } = await create(admin, 'team', [ann, bob, cid]);
    await create(admin, 'Team', [ann]);
    await create(admin, 'u1', [ann]);
    await create(admin, 'others', ['00000000-0000-7000-8000-0000000000ff' as AccountId]);
    const seq = await mention('for @team and @Team');
    await this.#ask(
      'change',
      changeUserGroup(append, by(admin), userGroup, { members: [cid, dan] }),
    );
    for (const change of [{ members: [cid, dan] }, { name: 'staff' }, { members: [bob, dan] }]) {
      await this.#ask('change', changeUserGroup(append, by(admin), userGroup, change));
      await mention('for @staff');
    }
    await this.#ask('edit', editMessage(append, this.#by(ann, group), seq, 'for @team and @staff'));
    await this.#ask('edited', messageFor(this.#pool, bob, group, seq));
    for (const who of [bob, admin, admin]) {
      await this.#ask('delete', deleteUserGroup(append, by(who), userGroup));
    }
    await mention('for @staff');
  }

  async #edits(group: ConversationId, message: Seq): Promise<void> {
    for (const [who, seq, before] of [
      [ann, message, undefined],
      [bob, message, 99 as Seq],
      [bob, 999 as Seq, undefined],
      [cid, message, undefined],
    ] as const) {
      const page = { before, limit: 1 };
      await this.#ask('edits', editHistory(this.#pool, who, group, seq, page));
    }
  }

  #postElsewhere({ actor, clientId }: { actor: AccountId; clientId: ClientId }) {
    const conversation = this.#conversations[1] as ConversationId;
    return postMessage(this.#append, { actor, clientId, conversation }, 'one');
  }

  async members(): Promise<void> {
    const append = this.#append;
    const group = this.#group;
    const by = (actor: AccountId) => this.#by(actor, group);
    await this.#ask('rename', renameGroup(append, by(ann), 'renamed'));
    await this.#ask('rename to the same', renameGroup(append, by(ann), 'renamed'));
    await this.#ask('rename by member', renameGroup(append, by(bob), 'no'));
    const admins = { post: 'admin', pin: 'owner' } as const;
    await this.#ask('configure by member', changeMinimumRoles(append, by(bob), admins));
    await this.#ask('configure', changeMinimumRoles(append, by(ann), admins));
    await this.#ask('configure again', changeMinimumRoles(append, by(ann), admins));
    await this.#ask('post by member', postMessage(append, by(bob), 'no'));
    await this.#ask('post by owner', postMessage(append, by(ann), 'yes'));
    await this.#ask('role', changeMemberRole(append, by(ann), bob, 'admin'));
    await this.#ask('post by admin', postMessage(append, by(bob), 'yes'));
    await this.#ask('pin by admin', pinMessage(append, by(bob), 4 as Seq));
    await this.#ask('role of the only owner', changeMemberRole(append, by(ann), ann, 'member'));
    await this.#ask('transfer ownership', transferOwnership(append, by(ann), bob));
    await this.#ask('transfer ownership back', transferOwnership(append, by(bob), ann));
    await this.#ask('back', changeMinimumRoles(append, by(ann), { post: 'member', pin: 'member' }));
    await this.#ask('role back', changeMemberRole(append, by(ann), bob, 'member'));
    await this.#settings();
    await this.#ask('join', joinGroup(append, by(cid)));
    await this.#ask('join again', joinGroup(append, by(cid)));
    await this.#ask('leave', leaveGroup(append, by(cid)));
    await this.#ask('leave again', leaveGroup(append, by(cid)));
    await this.#ask('post by former member', postMessage(append, by(cid), 'no'));
    await this.#ask('add', addMember(append, by(ann), cid));
    await this.#ask('add again', addMember(append, by(ann), cid));
    await this.#ask('add inactive', addMember(append, by(ann), dan));
    await this.#ask('remove', removeMember(append, by(ann), bob));
    await this.#ask('remove again', removeMember(append, by(ann), bob));
    await this.#ask('remove who never was', removeMember(append, by(ann), dan));
    await this.#ask('leave as last owner', leaveGroup(append, by(ann)));
    await this.#ask('join', joinGroup(append, by(ann)));
    const conversation = this.#conversations[1] as ConversationId;
    await this.#ask('withdraw', withdrawMember(append, this.#by(cid, conversation)));
    await this.#ask('withdraw again', withdrawMember(append, this.#by(cid, conversation)));
    await this.#ask('delete by member', deleteGroup(append, this.#by(bob, conversation)));
    await this.#ask('delete', deleteGroup(append, this.#by(ann, conversation)));
    await this.#ask('delete again', deleteGroup(append, this.#by(ann, conversation)));
    await this.#ask('everyone', joinGroup(append, this.#by(ann, EVERYONE)));
    await this.#ask('leave everyone', leaveGroup(append, this.#by(ann, EVERYONE)));
  }

  async #settings(): Promise<void> {
    const append = this.#append;
    const group = this.#group;
    const by = (actor: AccountId) => this.#by(actor, group);
    const all = { topic: 'now', description: '12', slowModeSeconds: 30, linkPreviews: false };
    await this.#ask('settings by member', updateGroup(append, by(bob), all));
    await this.#ask('settings', updateGroup(append, by(ann), all));
    await this.#ask('settings again', updateGroup(append, by(ann), all));
    for (const avatar of [null, IMAGE, IMAGE, null]) {
      await this.#ask('avatar', changeGroupAvatar(append, by(ann), avatar));
    }
    await this.#ask('avatar by member', changeGroupAvatar(append, by(bob), IMAGE));
    for (const who of [bob, bob, ann]) {
      await this.#ask('post in slow mode', postMessage(append, by(who), 'slowly'));
    }
    await this.#ask('slow mode off', updateGroup(append, by(ann), { slowModeSeconds: 0 }));
    for (const visibility of ['private', 'public'] as const) {
      await this.#ask(visibility, updateGroup(append, by(ann), { visibility }));
      await this.#ask('groups', publicGroups(this.#pool, ann, { after: null, limit: 9 }));
    }
    await this.#ask('archive', archiveGroup(append, by(ann)));
    await this.#ask('archive again', archiveGroup(append, by(ann)));
    await this.#ask('post in archive', postMessage(append, by(ann), 'no'));
    await this.#ask('react in archive', addReaction(append, by(ann), 4 as Seq, '👍'));
    await this.#ask('archived', conversationFor(this.#pool, ann, group));
    await this.#ask('groups', publicGroups(this.#pool, ann, { after: null, limit: 9 }));
    await this.#ask('restore', restoreGroup(append, by(ann)));
  }

  async readCursors(): Promise<void> {
    const group = this.#group;
    const direct = this.#conversations[2] as ConversationId;
    await postMessage(this.#append, this.#by(bob, direct), 'hello');
    await postMessage(this.#append, this.#by(cid, group), 'hello');
    await this.#ask('cursors', cursorsOf(this.#pool, ann));
    for (const [who, where, seq, options] of [
      [ann, direct, 4, {}],
      [ann, direct, 4, {}],
      [ann, group, 3, { revision: 0 }],
      [ann, group, 3, { unread: true, revision: 0 }],
      [ann, group, 2, { unread: true, revision: 0 }],
      [ann, group, 9999, { revision: 0 }],
      [ann, group, 9999, {}],
      [bob, group, 3, {}],
    ] as const) {
      await this.#ask('move', this.#cursors.move(who, where, seq as Seq, options));
    }
    const moves = [direct, group, EVERYONE].map((id) =>
      this.#cursors.move(ann, id, 2 as Seq, { unread: true }),
    );
    await this.#ask('move several', Promise.all(moves));
    await this.#ask('cursors', cursorsOf(this.#pool, ann));
    await this.#ask('versions', readVersions(this.#pool, [ann, bob]));
  }

  async reads(): Promise<void> {
    const pool = this.#pool;
    for (const id of [...this.#conversations, EVERYONE]) {
      for (const request of [
        { limit: 3 },
        { limit: 2, before: 6 },
        { limit: 2, after: 4 },
        { limit: 4, around: 7 },
      ]) {
        await this.#ask('history', history(pool, ann, id, request));
      }
      for (const who of [ann, bob, cid]) {
        const stream = streamOfConversation(id);
        for (const page of [
          { after: 0, limit: 100 },
          { after: 4, limit: 3 },
        ]) {
          await this.#ask('events', eventsFor(pool, who, stream, page));
        }
        await this.#ask('conversation', conversationFor(pool, who, id));
        await this.#ask('members', membersOf(pool, who, id, { after: null, limit: 2 }));
        await this.#ask(
          'search',
          membersOf(pool, who, id, { after: 1 as Seq, limit: 9, search: 'u2' }),
        );
        await this.#ask('member', memberOf(pool, who, id, ann));
      }
    }
    await this.#ask('events', eventsFor(pool, ann, WORKSPACE_STREAM, { after: 0, limit: 9 }));
    await this.#ask('events', eventsFor(pool, ann, streamOfAccount(ann), { after: 1, limit: 9 }));
    await this.#ask('events', eventsFor(pool, ann, streamOfAccount(bob), { after: 0, limit: 9 }));
    await this.#ask('groups', publicGroups(pool, ann, { after: null, limit: 1 }));
    await this.#ask('groups', publicGroups(pool, ann, { after: null, limit: 9, search: 'NAMED' }));
    for (const who of [ann, bob]) await this.#starts(who);
    const { epoch } = await loadStart(pool, ann, { cursor: {} });
    const known = { epoch, cursor: { [streamOfConversation(this.#group)]: 1 as Seq } };
    const requests = [ann, bob, ann].map((account) => ({ account, known }));
    await this.#ask('starts', loadStarts(pool, requests));
    await this.#ask('me', meOf(pool, ann));
    await this.#ask('mes', meOfEach(pool, [ann, bob, ann]));
    const stream = streamOfConversation(this.#group);
    await this.#ask('read', readEvents(pool, stream, 2 as Seq, 9 as Seq, 4));
    await this.#ask('heads', readHeads(pool, [stream, streamOfAccount(ann), WORKSPACE_STREAM]));
  }

  async #starts(who: AccountId): Promise<void> {
    const pool = this.#pool;
    await this.#ask('conversations', conversationsOf(pool, who));
    const { epoch, conversations } = await loadStart(pool, who, { cursor: {} });
    const heads = conversations.map((c) => [streamOfConversation(c.id), c.lastSeq] as const);
    const cursor = Object.fromEntries([
      ...this.#conversations.map((id) => [streamOfConversation(id), 1 as Seq] as const),
      ...heads,
    ]);
    for (const known of [
      { cursor: {} },
      { cursor, epoch },
      { cursor, epoch, resend: [] },
      {
        cursor,
        epoch,
        resend: conversations
          .map((c) => c.id)
          .sort()
          .slice(0, 2),
      },
      { cursor, epoch: 'another', resend: [] },
    ]) {
      await this.#ask('start', loadStart(pool, who, known));
    }
  }

  /** A legal hold over groups: what it exports, its release, and what is left of it. */
  async legalHold(): Promise<void> {
    const pool = this.#pool;
    const clock = { now: () => this.#now };
    const audit = new AuditLog({ pool, clock, log });
    const id = '00000000-0000-7000-8000-0000000000e1';
    const by = (actor: AccountId, hold = id) => ({
      ...{ actor, id: hold, at: new Date(this.#now) },
      audit: { log: audit, address: null },
    });
    const ask = (question: string, answer: Promise<unknown>) =>
      this.#ask(
        question,
        answer.catch((error: unknown) => (error as RefusalError).refusal),
      );
    const place = (actor: AccountId, conversations: readonly ConversationId[]) =>
      placeLegalHold(pool, by(actor), {
        ...{ name: 'Case', reason: 'asked for', accounts: [], conversations },
        ...{ since: null, until: null },
      });
    const none = '00000000-0000-7000-8000-0000000000ff' as ConversationId;
    await ask('place', place(admin, [this.#group]));
    await ask('place', place(owner, [none]));
    await ask('place', place(owner, [this.#group]));
    const append = this.#append;
    const [kept, hidden] = [await this.#posted('kept'), await this.#posted('hidden')];
    const edited = await this.#posted('edited');
    const onGroup = () => this.#by(ann, this.#group);
    await editMessage(append, onGroup(), edited, 'edited again');
    await hideMessage(append, onGroup(), hidden, { log: audit, address: null });
    await this.#ask('delete', deleteMessage(append, onGroup(), edited));
    await this.#ask('delete', deleteMessage(append, onGroup(), kept));
    const exported = async (hold: string) => {
      const lines: string[] = [];
      for await (const text of legalHoldExport(pool, hold, async () => undefined)) lines.push(text);
      return lines
        .join('')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
    };
    for (const hold of [id, none]) {
      await ask('held', legalHold(pool, hold));
      await ask('export', exported(hold));
    }
    for (const [actor, hold] of [
      [admin, id],
      [owner, none],
      [owner, id],
      [owner, id],
    ] as const) {
      await ask('release', releaseLegalHold(pool, by(actor, hold)));
    }
    await this.#ask('delete', deleteMessage(append, onGroup(), hidden));
    await ask('export', exported(id));
    let purge: LegalHoldPurge | undefined;
    await new Promise<void>((wake) => {
      purge = new LegalHoldPurge({ pool, clock, log, audit, files: { wake } });
      purge.start();
    });
    await purge?.stop();
    await ask('held', legalHold(pool, id));
  }

  /** What a guest may do, find and read. */
  async guests(): Promise<void> {
    const append = this.#append;
    const pool = this.#pool;
    const group = this.#group;
    const by = (actor: AccountId) => this.#by(actor, group);
    const others = [ann, bob, cid, admin];
    const found = async () => {
      await this.#ask('findable', findableBy(pool, guest, others));
      await this.#ask('known', knownAccounts(pool, [guest, bob], others));
      for (const [who, role] of [
        [guest, 'guest'],
        [bob, 'member'],
      ] as const) {
        await this.#people(who, role);
      }
      await this.#ask('start', loadStart(pool, guest, { cursor: {} }));
      for (const stream of [WORKSPACE_STREAM, streamOfConversation(group)]) {
        await this.#ask('events', eventsFor(pool, guest, stream, { after: 0, limit: 99 }));
      }
    };
    await found();
    await this.#ask('join', joinGroup(append, by(guest)));
    await this.#ask('add', addMember(append, by(ann), guest));
    await found();
    const text = '@u0, @u1, @admin, @team, @here, @everyone: see #renamed and #a-private-group';
    for (const who of [guest, ann]) {
      const posted = await this.#ask('post', postMessage(append, by(who), text));
      const seq = (posted.kind === 'stored' ? posted.seq : 0) as Seq;
      await this.#ask('message', messageFor(pool, guest, group, seq));
    }
    await this.#ask('role', changeMemberRole(append, by(ann), guest, 'admin'));
    await this.#ask('rename', renameGroup(append, by(guest), 'by a guest'));
    const direct = { actor: guest, clientId: this.#id() };
    await this.#ask('open direct', openDirect(append, direct, [bob]));
    const cursor = { [streamOfConversation(group)]: 1 as Seq };
    await this.#ask('start', loadStart(pool, guest, { cursor }));
    await this.#ask('leave', leaveGroup(append, by(guest)));
    await found();
  }

  /** Lists, finds and suggests users. */
  async #people(who: AccountId, role: 'guest' | 'member'): Promise<void> {
    const pool = this.#pool;
    let after: { name: string; id: string } | null = null;
    for (let n = 0; n < 2; n++) {
      const page: Awaited<ReturnType<typeof usersPage>> = await this.#ask(
        'users',
        usersPage(pool, { account: who, role }, { search: undefined, after, limit: 3 }),
      );
      after = page.next;
    }
    for (const other of [ann, cid, who]) await this.#ask('user', userOf(pool, who, other));
    for (const search of ['u', 'U1', 'd', '%']) {
      const suggestions = mentionSuggestions(pool, who, this.#group, { search, limit: 4 });
      await this.#ask('suggestions', suggestions);
      await this.#ask('names', new Directory(pool).find(who, search, 9));
    }
    await this.#ask('closest', new Directory(pool).find(who, '', 9));
  }

  async erasure(): Promise<void> {
    const deps = { pool: this.#pool, append: this.#append };
    await this.#ask('erase', eraseMessages(deps, bob, this.#group, 0 as Seq));
    await this.#ask('erase again', eraseMessages(deps, bob, this.#group, 0 as Seq));
    await this.#ask(
      'events',
      eventsFor(this.#pool, ann, streamOfConversation(this.#group), { after: 0, limit: 99 }),
    );
  }

  /** Lets groups choose how long they keep messages, and deletes those that have expired. */
  async retention(): Promise<void> {
    const append = this.#append;
    const [pool, group] = [this.#pool, this.#group];
    const by = (actor: AccountId) => this.#by(actor, group);
    const clock = { now: () => this.#now };
    const audit = { log: new AuditLog({ pool, clock, log }), address: null };
    const search = async () => {
      const cutoffs = await this.#ask(
        'cutoffs',
        cutoffsOf(pool, await settingsOf(pool), this.#now),
      );
      const found = conversationsToExpire(pool, cutoffs, { after: null, now: this.#now, limit: 9 });
      return await this.#ask('conversations to expire', found);
    };
    const root = await this.#posted('root');
    const place = { thread: root, alsoInConversation: false };
    await postMessage(append, by(ann), 'reply of @u0', { inThread: place });
    const expire = () => this.#ask('expire', expireMessages(append, group));
    for (const [who, days] of [
      [bob, 1],
      [ann, 1],
      [ann, 1],
      [ann, 'server'],
      [ann, 'keep'],
      [ann, 2],
      [ann, 1],
    ] as const) {
      await this.#ask('retention', changeRetention(append, by(who), days, audit));
      await search();
      await expire();
    }
    this.#now += 86_400_000;
    const kept = await this.#posted('not expired');
    await search();
    for (let n = 0; n < 2; n++) await expire();
    await search();
    for (const request of [{ limit: 9 }, { limit: 9, after: 0 }, { limit: 4, around: kept }]) {
      await this.#ask('history', history(pool, ann, group, request));
    }
    await this.#ask('thread', threadPage(pool, ann, group, root, { limit: 9 }));
    await this.#ask('conversation', conversationFor(pool, ann, group));
    const events = eventsFor(pool, ann, streamOfConversation(group), { after: 0, limit: 999 });
    await this.#ask('events', events);
  }
}
