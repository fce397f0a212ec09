import type { ClientSnapshot, ConversationView, ParleyClient } from '@parley/client';
import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { renderHook, windowForHooks } from '../lib/render-hook-for-tests.ts';
import { StorageForTests } from '../lib/storage-for-tests.ts';
import { recordLogin } from '../session/login-record.ts';
import { SessionProvider } from '../session/use-client.ts';
import { useSending } from './use-sending.ts';

const [me, ann] = ['me', 'ann'] as AccountId[] as [AccountId, AccountId];
const general = '01890000-0000-7000-8000-000000000001' as ConversationId;

beforeEach(() => {
  vi.stubGlobal('window', windowForHooks);
  vi.stubGlobal('localStorage', new StorageForTests());
  vi.stubGlobal('sessionStorage', new StorageForTests());
  // The hook navigates only for a search.
  vi.spyOn(console, 'warn').mockReturnValue();
  recordLogin(me);
});
let close = async (): Promise<void> => undefined;
afterEach(async () => {
  await close();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Opens the message field of a group, or of a thread in it, whose last message is by an author. */
async function open({
  author = ann,
  slow = 0,
  thread,
  replyTo,
}: {
  author?: AccountId;
  slow?: number;
  thread?: Seq;
  replyTo?: Seq;
}) {
  const posts: string[] = [];
  const reactions: [Seq, string][] = [];
  const topics: (() => void)[] = [];
  const last = {
    seq: 7 as Seq,
    author,
    state: 'stored',
    deletedAt: null,
    postedAt: new Date().toISOString(),
  };
  const stop = () => () => undefined;
  const client = {
    snapshot: {
      state: 'connecting',
      emoji: new Map(),
      me: { id: me },
    } as unknown as ClientSnapshot,
    subscribe: stop,
    on: stop,
    drafts: { get: () => null },
    api: {
      updateGroup: () => new Promise<void>((resolve) => topics.push(resolve)),
      upload: () => Promise.reject(new Error('the disk is full')),
    },
    timeline: () => ({ snapshot: { messages: [last], hasNewer: false }, subscribe: stop }),
    post: (_id: ConversationId, body: string) => {
      posts.push(body);
      return { settled: Promise.resolve() };
    },
    react: (_id: ConversationId, seq: Seq, emoji: string) => reactions.push([seq, emoji]),
  } as unknown as ParleyClient;
  const view = {
    id: general,
    kind: 'group',
    permissions: ['rename'],
    messagePermissions: { own: ['react'], others: ['react'] },
    slowModeSeconds: slow,
  } as unknown as ConversationView;
  const hook = await renderHook(
    useSending,
    {
      view,
      ...(thread !== undefined && { thread }),
      options: replyTo === undefined ? {} : { replyTo },
      onEmptied: () => undefined,
    },
    (component) => <SessionProvider value={{ client, account: me }}>{component}</SessionProvider>,
  );
  close = hook.unmount;
  const type = (text: string) => hook.change(() => hook.result.setText(text));
  const send = async (text: string) => {
    await type(text);
    const sent: { isPost?: boolean } = {};
    await hook.change(() => {
      sent.isPost = hook.result.send();
    });
    return sent.isPost;
  };
  return { hook, posts, reactions, topics, type, send };
}

test('a text is posted without the spaces around it, and the field emptied', async () => {
  const { hook, posts, send } = await open({});
  expect(await send(' hello ')).toBe(true);
  expect([posts, hook.result.text]).toEqual([['hello'], '']);
  expect(await send('  ')).toBe(false);
  expect(posts).toHaveLength(1);
});

test('nothing is sent while one of its files could not be uploaded', async () => {
  const { hook, posts, send } = await open({});
  await hook.change(() => hook.result.files.add([new File(['x'], 'a.txt')]));
  await vi.waitFor(() => expect(hook.result.files.hasFailed).toBe(true));
  expect(await send('with a file')).toBe(false);
  expect([posts, hook.result.text]).toEqual([[], 'with a file']);
  await hook.change(() => hook.result.files.remove(hook.result.files.items[0]?.key ?? 0));
  expect(await send('without it')).toBe(true);
});

test('in slow mode nothing is sent until the wait is over', async () => {
  const { hook, posts, send } = await open({ author: me, slow: 60 });
  expect(await send('too early')).toBe(false);
  expect([posts, hook.result.text, hook.result.wait]).toEqual([[], 'too early', 60]);
});

test('“+👍” reacts to the last message of the conversation, and is a text in a thread', async () => {
  const { hook, posts, reactions, send } = await open({});
  expect(await send('+👍')).toBe(false);
  expect([posts, reactions, hook.result.text]).toEqual([[], [[7, '👍']], '']);
  const thread = await open({ thread: 3 as Seq });
  expect(await thread.send('+👍')).toBe(true);
  expect([thread.posts, thread.reactions]).toEqual([['+👍'], []]);
  const reply = await open({ replyTo: 5 as Seq });
  expect(await reply.send('+👍')).toBe(true);
  expect([reply.posts, reply.reactions]).toEqual([['+👍'], []]);
});

test('the text of a slash command stays until it has succeeded, and what was typed since is kept', async () => {
  const { hook, posts, topics, type, send } = await open({});
  expect(await send('/topic Lunch')).toBe(false);
  await vi.waitFor(() => expect(topics).toHaveLength(1));
  expect([hook.result.text, hook.result.isReady]).toEqual(['/topic Lunch', false]);
  await hook.change(() => topics[0]?.());
  await vi.waitFor(() => expect(hook.result.text).toBe(''));
  await send('/topic Dinner');
  await vi.waitFor(() => expect(topics).toHaveLength(2));
  await type('the next message');
  await hook.change(() => topics[1]?.());
  await vi.waitFor(() => expect(hook.result.isReady).toBe(true));
  expect([hook.result.text, posts]).toEqual(['the next message', []]);
});
