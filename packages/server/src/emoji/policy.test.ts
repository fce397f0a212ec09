import type { AccountRole, Reach } from '@parley/protocol';
import { expect, test } from 'vitest';
import { type EmojiAction, refusalOfEmojiAction } from './policy.ts';

const NO = 'forbidden';
test.each<[AccountRole | null, Reach, EmojiAction, others: string | null, own: string | null]>([
  ['owner', 'everyone', 'add', null, null],
  ['owner', 'everyone', 'change', null, null],
  ['owner', 'admins', 'add', null, null],
  ['owner', 'admins', 'change', null, null],
  ['admin', 'everyone', 'add', null, null],
  ['admin', 'everyone', 'change', null, null],
  ['admin', 'admins', 'add', null, null],
  ['admin', 'admins', 'change', null, null],
  ['member', 'everyone', 'add', null, null],
  ['member', 'everyone', 'change', NO, null],
  ['member', 'admins', 'add', NO, NO],
  ['member', 'admins', 'change', NO, NO],
  ['guest', 'everyone', 'add', NO, NO],
  ['guest', 'everyone', 'change', NO, NO],
  [null, 'everyone', 'add', NO, NO],
  [null, 'everyone', 'change', NO, NO],
])('%s, where %s add emoji: %s', (role, reach, action, others, own) => {
  const code = (isCreator: boolean) =>
    refusalOfEmojiAction(action, { role, isCreator }, reach)?.code ?? null;
  expect([code(false), code(true)]).toEqual([others, own]);
});
