import type { AccountId, ConversationId, MentionSuggestion } from '@parley/protocol';
import { expect, test } from 'vitest';
import { mentionedNonMembers, rememberSuggested, unknownMentions } from './suggested-users.ts';

const HERE = 'here' as ConversationId;
const userOf = (username: string, isMember: boolean): MentionSuggestion => ({
  account: `id of ${username}` as AccountId,
  username,
  displayName: username,
  avatar: null,
  isMember,
});
const namesIn = (text: string, conversation = HERE) =>
  mentionedNonMembers(conversation, text).map(({ username }) => username);

test('suggested users who are mentioned and are not members are found once each', () => {
  rememberSuggested(HERE, [userOf('ann', false), userOf('ben', true), userOf('Cleo', false)]);
  expect(namesIn('@ann and @ben, @cleo: @ann!')).toEqual(['ann', 'Cleo']);
  expect(namesIn('ann@ann.example, `@ann` and @annie')).toEqual([]);
  expect(namesIn('@ann', 'elsewhere' as ConversationId)).toEqual([]);
  expect(namesIn('@unknown')).toEqual([]);
});

test('a user who has become a member is no longer found', () => {
  rememberSuggested(HERE, [userOf('dan', false)]);
  rememberSuggested(HERE, [userOf('dan', true)]);
  expect(namesIn('@dan')).toEqual([]);
});

test('only the latest suggestions are remembered', () => {
  rememberSuggested(HERE, [userOf('eve', false)]);
  rememberSuggested(
    HERE,
    Array.from({ length: 500 }, (_, n) => userOf(`user${n}`, false)),
  );
  expect(namesIn('@eve @user0')).toEqual(['user0']);
});

test('names that were not suggested are found once each, and at most five', () => {
  rememberSuggested(HERE, [userOf('flo', false)]);
  expect(unknownMentions(HERE, '@flo @gil, @gil: @here `@code` #group a@b.example')).toEqual([
    'gil',
  ]);
  expect(unknownMentions(HERE, '@a1 @a2 @a3 @a4 @a5 @a6')).toHaveLength(5);
});
