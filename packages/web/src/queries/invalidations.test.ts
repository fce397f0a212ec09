import {
  type AccountId,
  type ConversationId,
  EVENT_TYPES,
  type Event,
  type EventData,
  type EventType,
  type Seq,
  type StreamId,
} from '@parley/protocol';
import { QueryClient } from '@tanstack/react-query';
import { describe, expect, test } from 'vitest';
import { outdatedBy } from './invalidations.ts';
import { keys } from './keys.ts';

const GROUP = '01980000-0000-7000-8000-000000000001' as ConversationId;
const OTHER = '01980000-0000-7000-8000-000000000002' as ConversationId;
const ANN = '01980000-0000-7000-8000-00000000000a' as AccountId;
const BEN = '01980000-0000-7000-8000-00000000000b' as AccountId;
const seq = (n: number) => n as Seq;

/** An event of the group, with only the relevant fields. */
const event = <T extends EventType>(type: T, data: Partial<EventData<T>> = {}): Event =>
  ({ op: 'event', stream: GROUP as string as StreamId, seq: 1, type, data }) as unknown as Event;

/** Returns which of these queries an event makes outdated. */
function outdated(of: Event, ...shown: readonly (readonly unknown[])[]) {
  const client = new QueryClient();
  for (const queryKey of shown) client.setQueryData(queryKey, 'shown');
  for (const queryKey of outdatedBy(of)) {
    void client.invalidateQueries({ queryKey, refetchType: 'none' });
  }
  return shown.filter((key) => client.getQueryState(key)?.isInvalidated === true);
}

describe('an event', () => {
  test('every type of event is handled, and one of a newer server changes nothing', () => {
    const data = { conversation: GROUP, account: ANN, message: seq(1) } as object;
    for (const type of EVENT_TYPES) expect(outdatedBy(event(type, data))).toBeInstanceOf(Array);
    expect(outdatedBy(event('future.changed' as EventType))).toEqual([]);
  });

  test('an event of a conversation affects no other', () => {
    const shown = [keys.pins(GROUP), keys.pins(OTHER), keys.bans(GROUP)];
    expect(outdated(event('message.pinned', { message: seq(3) }), ...shown)).toEqual([
      keys.pins(GROUP),
    ]);
  });

  test.each(['message.edited', 'message.deleted', 'message.hidden', 'message.unhidden'] as const)(
    '%s concerns every list that shows the text',
    (type) => {
      const shown = [
        keys.pins(GROUP),
        keys.messageContext(GROUP, seq(9)),
        keys.editHistory(GROUP, seq(3)),
        keys.saved(),
        keys.threads(),
        keys.activity({ unread: true }),
      ];
      const others = [keys.editHistory(GROUP, seq(4)), keys.editHistory(OTHER, seq(3))];
      expect(outdated(event(type, { message: seq(3) }), ...shown, ...others)).toEqual(shown);
    },
  );

  test('never refetches a hidden message, because the server records who reads it', () => {
    const shown = keys.hiddenMessage(GROUP, seq(3));
    const data = { conversation: GROUP, account: ANN, message: seq(3) } as object;
    for (const type of EVENT_TYPES) expect(outdated(event(type, data), shown)).toEqual([]);
  });

  test('a change of a user affects the own profile and the lists of accounts, whatever their filter', () => {
    const shown = [keys.profile(ANN), keys.accounts({ search: 'ann' }), keys.serviceAccounts()];
    expect(
      outdated(event('user.suspended', { account: ANN }), ...shown, keys.profile(BEN)),
    ).toEqual(shown);
  });

  test('a change of server settings affects their form and the retention of every conversation', () => {
    const shown = [keys.serverSettings(), keys.retention(GROUP), keys.retention(OTHER)];
    expect(outdated(event('server.updated'), ...shown, keys.wordFilter())).toEqual(shown);
  });

  test('renaming a conversation does not affect its retention', () => {
    const shown = keys.retention(GROUP);
    expect(outdated(event('conversation.updated', { name: 'New' }), shown)).toEqual([]);
    expect(outdated(event('conversation.updated', { retention: 30 }), shown)).toEqual([shown]);
  });

  test('a reply affects the threads; a new member affects the members, and with a link the links', () => {
    expect(outdated(event('message.posted', { thread: seq(2) }), keys.threads())).toHaveLength(1);
    expect(outdated(event('message.posted'), keys.threads())).toEqual([]);
    const shown = [keys.members(GROUP), keys.groupLinks(GROUP)];
    const joined = event('member.joined', { account: ANN });
    expect(outdated(joined, ...shown)).toEqual([keys.members(GROUP)]);
    const link = { account: ANN, link: 'l' } as object;
    expect(outdated(event('member.joined', link), ...shown)).toEqual(shown);
  });
});

test('keys of different queries are different', () => {
  const first = Object.values(keys).map((key) =>
    String((key as (...parts: readonly unknown[]) => readonly unknown[])('x', 'y', 'z')[0]),
  );
  expect(new Set(first).size).toBe(first.length);
});
