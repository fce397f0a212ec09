import { describe, expect, test } from 'vitest';
import {
  COMMAND_NAMES,
  commandsIn,
  leadingDuration,
  leadingUsernames,
  statusOf,
  typedCommand,
  unknownCommand,
} from './commands.ts';

test('only a known name at the start is a command', () => {
  const of = (text: string) => typedCommand(text, COMMAND_NAMES);
  expect(of('/topic  All about it ')).toEqual({ name: 'topic', rest: 'All about it' });
  expect(of('/Mute')).toEqual({ name: 'mute', rest: '' });
  expect(of('/dm @ann Hi')).toEqual({ name: 'msg', rest: '@ann Hi' });
  expect(of('/remind 1h a\nb')).toEqual({ name: 'remind', rest: '1h a\nb' });
  for (const text of ['/etc/hosts', '/topics', ' /topic x', 'say /topic x', '/', '']) {
    expect(of(text)).toBe(null);
  }
});

test('a text that begins like a command is not taken for a message, but a path is', () => {
  expect(unknownCommand('/giphy cat')).toEqual({ unknown: 'giphy' });
  expect(unknownCommand('/Leave')).toEqual({ unknown: 'Leave' });
  for (const text of ['/etc/hosts', '/s', '/', '/2', ' /giphy cat', 'see /giphy']) {
    expect(unknownCommand(text)).toBe(null);
  }
});

test('commands that the server would refuse are not offered', () => {
  const all = ['rename', 'add_member'] as const;
  expect(commandsIn({ kind: 'group', permissions: [...all] })).toEqual(COMMAND_NAMES);
  for (const [kind, permissions] of [
    ['group', []],
    ['direct', [...all]],
  ] as const) {
    const names = commandsIn({ kind, permissions: [...permissions] });
    expect(names).not.toContain('topic');
    expect(names).not.toContain('invite');
    expect(names).toContain('status');
  }
});

test('in a thread, only commands that are not about the conversation are offered', () => {
  const permissions = ['rename', 'add_member'] as const;
  const names = commandsIn({ kind: 'group', permissions: [...permissions] }, true);
  expect(names).toEqual([
    'status',
    'away',
    'active',
    'dnd',
    'remind',
    'msg',
    'search',
    'me',
    'shrug',
  ]);
});

describe('the arguments of commands', () => {
  test.each([
    ['30m call Bob', { ms: 1_800_000, rest: 'call Bob' }],
    ['in 2 h', { ms: 7_200_000, rest: '' }],
    ['1d', { ms: 86_400_000, rest: '' }],
    ['0m x', null],
    ['9999d x', null],
    ['soon', null],
    ['2hours x', null],
  ])('a duration: %j', (text, expected) => {
    expect(leadingDuration(text)).toEqual(expected);
  });

  test('usernames', () => {
    expect(leadingUsernames('@ann, @ben hi @cy')).toEqual({
      usernames: ['ann', 'ben'],
      rest: 'hi @cy',
    });
    expect(leadingUsernames('ann')).toEqual({ usernames: [], rest: 'ann' });
  });

  test('an emoji and a text', () => {
    expect(statusOf('🎉 On holiday')).toEqual({ emoji: '🎉', text: 'On holiday' });
    expect(statusOf('👩‍💻')).toEqual({ emoji: '👩‍💻', text: '' });
    expect(statusOf('24 hours')).toEqual({ emoji: null, text: '24 hours' });
    expect(statusOf('')).toEqual({ emoji: null, text: '' });
  });
});
