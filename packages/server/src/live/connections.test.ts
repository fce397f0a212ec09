import type { AccountId, SessionId } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { Connections, type LiveConnection } from './connections.ts';

const ANN = 'ann' as AccountId;
const BOB = 'bob' as AccountId;
const LIMITS = {
  connectionsPerAccount: 3,
  accountFrames: 10,
  commandWindowMs: 60_000,
  accountBufferedBytes: 1_000,
};

/** A connection with only the given properties. */
function aConnection(account: AccountId, session: string | null, buffered = 0): LiveConnection {
  return {
    account,
    session: session as SessionId | null,
    isReady: true,
    buffered,
    readVersion: 0,
    send: () => undefined,
    close: () => undefined,
  };
}

function some(...added: LiveConnection[]) {
  const tooMany: LiveConnection[] = [];
  const connections = new Connections(LIMITS, (oldest) => tooMany.push(oldest));
  for (const connection of added) connections.add(connection);
  return { connections, tooMany };
}

describe('the connections of a node', () => {
  test('finds connections by account and session until they are removed', () => {
    const [phone, laptop] = [aConnection(ANN, 'a1'), aConnection(ANN, 'a2')];
    const other = aConnection(BOB, 'b1');
    const { connections } = some(phone, laptop, other);
    expect([...connections.of(ANN)]).toEqual([phone, laptop]);
    expect([...connections.ofSession('a1' as SessionId)]).toEqual([phone]);
    expect([connections.accounts, connections.sessions]).toEqual([
      [ANN, BOB],
      ['a1', 'a2', 'b1'],
    ]);
    connections.remove(phone);
    connections.remove(phone);
    expect([...connections.of(ANN)]).toEqual([laptop]);
    expect([...connections.ofSession('a1' as SessionId)]).toEqual([]);
    connections.remove(laptop);
    expect([connections.accounts, connections.sessions]).toEqual([[BOB], ['b1']]);
  });

  test('removing a connection that was never authenticated has no effect', () => {
    const { connections } = some(aConnection(ANN, 'a1'));
    connections.remove(aConnection(ANN, null));
    expect(connections.accounts).toEqual([ANN]);
  });

  test('closes the oldest connections of an account above its limit', () => {
    const [first, second, ...rest] = ['1', '2', '3', '4', '5'].map((n) => aConnection(ANN, n)) as [
      LiveConnection,
      LiveConnection,
      ...LiveConnection[],
    ];
    const { connections, tooMany } = some(
      first,
      second,
      ...rest.slice(0, 1),
      aConnection(BOB, 'b'),
    );
    expect(tooMany).toEqual([]);
    for (const connection of rest.slice(1)) connections.add(connection);
    expect(tooMany).toEqual([first, second]);
    expect([...connections.of(ANN)]).toEqual(rest);
    expect([...connections.ofSession('1' as SessionId)]).toEqual([]);
    expect([...connections.of(BOB)]).toHaveLength(1);
  });

  test('connections share the frame budget of their account, which outlives the last one', () => {
    const { connections } = some();
    const budget = connections.framesOf(ANN);
    expect(connections.framesOf(ANN)).toBe(budget);
    expect(connections.framesOf(BOB)).not.toBe(budget);
    for (let n = 0; n < 10; n++) expect(budget.take()).toBe(true);
    expect(budget.take()).toBe(false);
    connections.overUnread();
    expect(connections.framesOf(ANN)).toBe(budget);
    // A full budget without connections is dropped.
    const full = connections.framesOf(BOB);
    connections.overUnread();
    expect(connections.framesOf(BOB)).not.toBe(full);
    connections.add(aConnection(BOB, 'b'));
    const used = connections.framesOf(BOB);
    connections.overUnread();
    expect(connections.framesOf(BOB)).toBe(used);
  });

  test('closes the connections of an account that leaves too much unread, the fullest first', () => {
    const [small, large, middle] = [
      aConnection(ANN, '1', 300),
      aConnection(ANN, '2', 700),
      aConnection(ANN, '3', 500),
    ];
    const { connections } = some(small, large, middle, aConnection(BOB, 'b', 1_000));
    // Exactly as much as is allowed is not too much: 1,500 − 700 = 800.
    expect(connections.overUnread()).toEqual([large]);
    connections.remove(middle);
    expect(connections.overUnread()).toEqual([]);
    const more = [aConnection(BOB, 'b2', 900), aConnection(BOB, 'b3', 600)];
    for (const connection of more) connections.add(connection);
    expect(connections.overUnread().map((c) => c.buffered)).toEqual([1_000, 900]);
  });
});
