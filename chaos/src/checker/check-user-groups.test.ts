import type { Event } from '@parley/protocol';
import { expect, test } from 'vitest';
import { checkUserGroups } from './check-user-groups.ts';
import { Log } from './log.ts';

/** Returns what is wrong when a mention of a user group reaches these accounts; `eve` has left by then. */
function wrongWith(accounts: readonly string[]): string[] {
  const entries: readonly (readonly [type: string, data: object])[] = [
    ['member.joined', { account: 'ann', role: 'owner' }],
    ['member.joined', { account: 'ben', role: 'member' }],
    ['member.joined', { account: 'eve', role: 'member' }],
    ['member.left', { account: 'eve' }],
    [
      'message.posted',
      { body: '', mentions: [{ kind: 'user_group', name: 'g', id: 'g', accounts }] },
    ],
  ];
  const events = entries.map(([type, data], n) => {
    const of = {
      op: 'event',
      stream: 'group',
      seq: n + 1,
      at: `t${n}`,
      actor: 'ann',
      client: null,
    };
    return { ...of, type, data };
  }) as unknown as Event[];
  const log = new Log({ kind: 'log', stream: 'group', first: 1, events });
  const versions = [
    { id: 'g', members: ['ann', 'ben', 'eve'] },
    { id: 'g', members: ['ann', 'fay'] },
    { id: 'h', members: ['ben'] },
  ];
  return checkUserGroups([{ kind: 'user-groups', versions }], new Map([['group', log]])).map(
    ({ rule }) => rule,
  );
}

test('a mention reaches those of a user group that are members of the conversation at that time', () => {
  expect(wrongWith(['ben', 'ann'])).toEqual([]);
  expect(wrongWith(['ann'])).toEqual([]);
});

test('a mention that reaches others, or not all of them, is reported', () => {
  for (const accounts of [['ben'], ['ann', 'ben', 'eve'], ['ann', 'fay'], []]) {
    expect(wrongWith(accounts)).toEqual(['I19 user groups']);
  }
});
