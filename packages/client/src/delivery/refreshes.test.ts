import type { AccountId, Conversation, ConversationId, Me } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ParleyApi } from '../api/api.ts';
import { ApiError } from '../api/api-error.ts';
import { viewOf } from '../conversations/conversations.ts';
import { ClientState } from '../state/state.ts';
import { Refreshes } from './refreshes.ts';

const C = 'c' as ConversationId;

interface Request<T> {
  answer(value: T): void;
  fail(error: unknown): void;
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const snapshot = (name: string, lastSeq = 5, id = C) =>
  ({ id, name, lastSeq, kind: 'group', isEveryone: id !== C }) as unknown as Conversation;
const unavailable = (retryAfter?: number) =>
  new ApiError('unavailable', '', { status: 503, ...(retryAfter !== undefined && { retryAfter }) });
const settle = () => vi.advanceTimersByTimeAsync(0);

function build() {
  const conversations: (Request<Conversation> & { readonly id: ConversationId })[] = [];
  const accounts: Request<Me>[] = [];
  const api = {
    conversation: (id: ConversationId) =>
      new Promise<Conversation>((answer, fail) => conversations.push({ id, answer, fail })),
    me: () => new Promise<Me>((answer, fail) => accounts.push({ answer, fail })),
  } as Partial<ParleyApi> as ParleyApi;
  const state = new ClientState(
    () => [],
    () => undefined,
  );
  state.setView(viewOf(snapshot('old')));
  const counters = { connects: 1, resends: 0, gapFills: 0, duplicates: 0, resets: 0 };
  const kept: string[] = [];
  const isLive = { value: true };
  const refreshes = new Refreshes({
    ...{ api, state, counters, random: () => 0.5, isLive: () => isLive.value },
    keep: (id, { name }) => kept.push(`kept ${id} ${name}`),
    replaced: (id, before) => kept.push(`replaced ${id} ${before.name}`),
  });
  const name = () => state.view(C)?.name;
  return { refreshes, state, counters, conversations, accounts, kept, isLive, name };
}

describe('the reload of a conversation', () => {
  test('replaces the view, and stores the snapshot', async () => {
    const { refreshes, conversations, kept, name } = build();
    const done = refreshes.conversation(C);
    conversations[0]?.answer(snapshot('new'));
    await done;
    expect(name()).toBe('new');
    expect(kept).toEqual(['replaced c old', 'kept c new']);
  });

  test('ignores the answer to an earlier request', async () => {
    const { refreshes, conversations, kept, name } = build();
    const both = [refreshes.conversation(C), refreshes.conversation(C)];
    conversations[1]?.answer(snapshot('later'));
    await settle();
    conversations[0]?.answer(snapshot('earlier'));
    await Promise.all(both);
    expect([name(), kept.length]).toEqual(['later', 2]);
  });

  test('is repeated, up to five times, while events overtake the answers', async () => {
    const { refreshes, conversations, name } = build();
    const first = refreshes.conversation(C);
    conversations[0]?.answer(snapshot('outdated', 4));
    await settle();
    conversations[1]?.answer(snapshot('new', 5));
    await first;
    expect([name(), conversations.length]).toEqual(['new', 2]);
    const second = refreshes.conversation(C);
    for (let n = 2; n < 7; n++) {
      conversations[n]?.answer(snapshot('outdated', 4));
      await settle();
    }
    await second;
    expect([name(), conversations.length]).toEqual(['new', 7]);
  });

  test('is dropped after another hello, the end of the membership and an error', async () => {
    const { refreshes, state, counters, conversations, kept, name } = build();
    const first = refreshes.conversation(C);
    counters.connects++;
    conversations[0]?.answer(snapshot('before the hello'));
    await first;
    expect(name()).toBe('old');
    const second = refreshes.conversation(C);
    conversations[1]?.fail(unavailable());
    await second;
    const third = refreshes.conversation(C);
    conversations[2]?.fail(new TypeError('a fault'));
    await expect(third).rejects.toThrow('a fault');
    const fourth = refreshes.conversation(C);
    state.dropView(C);
    conversations[3]?.answer(snapshot('left'));
    await fourth;
    expect([name(), kept, conversations.length]).toEqual([undefined, [], 4]);
  });
});

describe('the reload of the own account', () => {
  const me = (displayName: string) => ({ id: 'me' as AccountId, displayName }) as Me;

  test('is retried after the time that the server asks for, six times in all', async () => {
    const { refreshes, state, accounts } = build();
    refreshes.ownChanged();
    accounts[0]?.fail(unavailable(20));
    await vi.advanceTimersByTimeAsync(19_999);
    expect(accounts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(accounts).toHaveLength(2);
    // Without a time, the pauses grow: at most 500 ms before the third attempt.
    accounts[1]?.fail(unavailable());
    await vi.advanceTimersByTimeAsync(500);
    accounts[2]?.answer(me('Ada'));
    await settle();
    expect(state.me?.displayName).toBe('Ada');

    refreshes.ownChanged();
    for (let n = 3; n < 9; n++) {
      accounts[n]?.fail(unavailable());
      await vi.advanceTimersByTimeAsync(20_000);
    }
    expect(accounts).toHaveLength(9);
  });

  test('is not retried after a refusal', async () => {
    const { refreshes, accounts } = build();
    refreshes.ownChanged();
    accounts[0]?.fail(new ApiError('forbidden', '', { status: 403 }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(accounts).toHaveLength(1);
  });

  test('ignores an answer that is not to the last request, or from before a hello or a stop', async () => {
    const { refreshes, state, counters, accounts } = build();
    refreshes.ownChanged();
    refreshes.ownChanged();
    accounts[1]?.answer(me('later'));
    await settle();
    accounts[0]?.answer(me('earlier'));
    await settle();
    expect(state.me?.displayName).toBe('later');
    refreshes.ownChanged();
    counters.connects++;
    accounts[2]?.answer(me('before the hello'));
    refreshes.ownChanged();
    await settle();
    refreshes.stop();
    accounts[3]?.answer(me('before the stop'));
    await settle();
    expect(state.me?.displayName).toBe('later');
  });

  test('reloads default groups when the role on the server changes', async () => {
    const { refreshes, state, accounts, conversations } = build();
    state.setView(viewOf(snapshot('everyone', 5, 'all' as ConversationId)));
    refreshes.serverRoleChanged();
    expect(accounts).toHaveLength(1);
    expect(conversations.map(({ id }) => id)).toEqual(['all']);
  });

  test('follows a change of settings that concern the account, or that are unknown', async () => {
    const { refreshes, accounts, isLive } = build();
    const change = async (settings: readonly string[], isOwnChange = false) => {
      const before = accounts.length;
      refreshes.serverChanged(settings, { isOwnChange });
      await vi.advanceTimersByTimeAsync(4_999);
      const early = accounts.length - before;
      await vi.advanceTimersByTimeAsync(5_001);
      return [early, accounts.length - before];
    };
    for (const concerned of ['groupCreation', 'emojiCreation', 'messageEditWindow', 'newer']) {
      expect(await change(['name', concerned])).toEqual([0, 1]);
    }
    expect(await change(['messageDeleteWindow'], true)).toEqual([1, 1]);
    expect(
      await change([
        ...['name', 'icon', 'registration', 'messageRetentionDays', 'groupRetention'],
        ...['linkPreviews', 'emailContent', 'setupSteps'],
      ]),
    ).toEqual([0, 0]);
    isLive.value = false;
    expect(await change(['groupCreation'])).toEqual([0, 0]);
    isLive.value = true;
    refreshes.serverChanged(['groupCreation'], { isOwnChange: false });
    refreshes.stop();
    expect(await change(['name'])).toEqual([0, 0]);
    // Several changes share one request.
    refreshes.serverChanged(['groupCreation'], { isOwnChange: false });
    expect(await change(['groupCreation'])).toEqual([0, 1]);
  });
});
