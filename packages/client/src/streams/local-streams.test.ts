import type {
  AccountId,
  Conversation,
  ConversationId,
  Event,
  Message,
  Seq,
  StreamId,
} from '@parley/protocol';
import { streamOfAccount, WORKSPACE_STREAM } from '@parley/protocol';
import { expect, test } from 'vitest';
import type { Persistence } from '../storage/persistence.ts';
import { NOTHING_SAVED, type Saved } from '../storage/store.ts';
import { LocalStreams } from './local-streams.ts';

const ME = 'me' as AccountId;
const [C, D] = ['c', 'd'] as ConversationId[] as [ConversationId, ConversationId];
const S = 'c' as StreamId;
const seq = (n: number) => n as Seq;

/** The streams of an account, with a record of what they store and which windows they replace. */
function streamsOf(saved: Partial<Saved> = {}) {
  const stored: unknown[][] = [];
  const restarted: string[] = [];
  const record =
    (name: string) =>
    (...args: unknown[]) =>
      void stored.push([name, ...args]);
  const methods = ['epoch', 'cursor', 'window', 'restartWindow', 'dropWindow', 'conversation'];
  const persistence = Object.fromEntries(methods.map((name) => [name, record(name)]));
  const local = new LocalStreams(
    ME,
    { ...NOTHING_SAVED, ...saved },
    persistence as unknown as Persistence,
    (id) => restarted.push(id),
  );
  return { local, stored, restarted };
}

const message = (conversation: ConversationId, n: number) =>
  ({ conversation, seq: seq(n), body: `${n}` }) as unknown as Message;

test('what is stored is there again, with the fields that an earlier version lacked', () => {
  const cursors = new Map([[S, seq(6)]]);
  const windows = new Map([
    [C, seq(4)],
    [D, seq(1)],
  ]);
  const full = { ...message(C, 6), ...{ pinned: {}, forwardedFrom: {}, previews: [{}] } };
  const more = { replyTo: 1, mentions: [{}], attachments: [{}], thread: 2 };
  const complete = { ...full, ...more, alsoInConversation: true, threadSummary: {}, poll: null };
  const messages = [message(C, 5), message(D, 2), complete as unknown as Message];
  const { local, stored } = streamsOf({ epoch: 'e', cursors, windows, messages });
  expect([local.epoch, local.account, local.streams.cursor]).toEqual(['e', ME, { c: 6 }]);
  const missing = { pinned: null, forwardedFrom: null, poll: null, previews: [], replyTo: null };
  const rest = { mentions: [], attachments: [], thread: null, alsoInConversation: false };
  const plain = { ...missing, ...rest, threadSummary: null };
  expect(local.window(C)?.messages).toEqual([{ ...message(C, 5), ...plain }, complete]);
  expect(local.window(D)?.messages.map((m) => m.seq)).toEqual([2]);
  expect([local.window(C)?.from, local.window('x' as ConversationId)]).toEqual([4, undefined]);
  expect(local.messages.map((m) => m.seq)).toEqual([5, 6, 2]);
  expect(stored).toEqual([]);
  const own = [WORKSPACE_STREAM, streamOfAccount(ME), S].map((stream) => local.isOwn(stream));
  expect(own).toEqual([true, true, false]);
});

test('everything of another epoch is dropped, once', () => {
  const start = () => streamsOf({ epoch: 'one', windows: new Map([[C, seq(4)]]) });
  const { local, stored, restarted } = start();
  local.streams.set(S, seq(9));
  expect([local.begin('one'), stored, local.streams.cursor]).toEqual(['same', [], { c: 9 }]);
  expect(local.begin('two')).toBe('other');
  expect([local.epoch, local.window(C), local.streams.cursor]).toEqual(['two', undefined, {}]);
  expect(stored).toEqual([
    ['dropWindow', C],
    ['epoch', 'two'],
  ]);
  expect([restarted, local.begin('two')]).toEqual([[C], 'same']);
  const first = streamsOf();
  expect([first.local.begin('one'), first.stored]).toEqual(['first', [['epoch', 'one']]]);
});

test('each change is stored', () => {
  const { local, stored, restarted } = streamsOf();
  const window = local.startWindow(C, seq(3));
  expect([local.window(C), window.from, restarted]).toEqual([window, 3, [C]]);
  local.setCursor(S, seq(7));
  expect(local.streams.at(S)).toBe(7);
  const snapshot = { id: C } as Conversation;
  local.keep(C, snapshot);
  local.keep(C, null);
  local.trim(C);
  local.trim(D);
  local.dropStream(S);
  expect([local.streams.at(S), local.window(C), restarted]).toEqual([undefined, undefined, [C, C]]);
  expect(stored).toEqual([
    ['restartWindow', C, 3],
    ['cursor', S, 7],
    ['conversation', C, snapshot],
    ['conversation', C, null],
    ['cursor', S, null],
    ['dropWindow', C],
  ]);
  const many = local.startWindow(C, seq(1));
  for (let n = 1; n <= 451; n++) {
    const type = 'message.posted';
    many.apply({ seq: n, type, actor: ME, at: '', data: { body: '' } } as unknown as Event);
  }
  local.trim(C);
  expect(stored.at(-1)).toEqual(['window', C, 152, []]);
});
