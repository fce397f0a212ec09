import type { ClientSnapshot } from '@parley/client';
import { describe, expect, test } from 'vitest';
import { previewMentions } from './preview-mentions.ts';

const known = {
  users: new Map([['u1', { id: 'u1', username: 'Ria' }]]),
  conversations: new Map([
    ['c1', { id: 'c1', kind: 'group', name: 'Big plans' }],
    ['c2', { id: 'c2', kind: 'direct', name: null }],
  ]),
  emoji: new Map([
    ['e1', { id: 'e1', name: 'parrot', aliases: ['bird'], image: 'i1' }],
    ['e2', { id: 'e2', name: 'gone', aliases: [], image: null }],
  ]),
} as unknown as ClientSnapshot;

describe('the mentions of a preview', () => {
  test('the mentions of a preview are those that this device knows', () => {
    expect(previewMentions('@ria @unknown #big-plans #other :bird: :gone: @here', known)).toEqual([
      { kind: 'user', name: 'ria', id: 'u1' },
      { kind: 'group', name: 'big-plans', id: 'c1' },
      { kind: 'emoji', name: 'bird', id: 'e1' },
      { kind: 'here' },
    ]);
  });

  test('a preview has no mentions in code', () => {
    expect(previewMentions('`@ria`', known)).toEqual([]);
  });
});
