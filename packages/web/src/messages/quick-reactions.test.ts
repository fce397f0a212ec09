import type { AccountId, CustomEmoji, EmojiId, ImageId } from '@parley/protocol';
import { emojiReference } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { noteEmoji } from '../emoji/recent-emoji.ts';
import { StorageForTests } from '../lib/storage-for-tests.ts';
import { recordLogin } from '../session/login-record.ts';
import { quickReactions } from './quick-reactions.ts';

const me = 'me' as AccountId;
const parrot = '01890000-0000-7000-8000-000000000001' as EmojiId;
const emojiWith = (image: ImageId | null): ReadonlyMap<EmojiId, CustomEmoji> =>
  new Map([[parrot, { id: parrot, name: 'parrot', aliases: [], image } as unknown as CustomEmoji]]);

beforeEach(() => {
  vi.stubGlobal('localStorage', new StorageForTests());
  recordLogin(me);
});
afterEach(() => vi.unstubAllGlobals());

test('reactions are offered before any emoji was chosen', () => {
  expect(quickReactions(me, new Map(), 3)).toEqual(['👍', '❤️', '😂']);
});

test('the emoji that were chosen last come first, each once', () => {
  noteEmoji(me, '🎉');
  noteEmoji(me, '🚀');
  expect(quickReactions(me, new Map(), 4)).toEqual(['🚀', '🎉', '👍', '❤️']);
});

test('a custom emoji is offered until it is deleted', () => {
  noteEmoji(me, emojiReference(parrot));
  expect(quickReactions(me, emojiWith('image' as ImageId), 1)).toEqual([emojiReference(parrot)]);
  expect(quickReactions(me, emojiWith(null), 1)).toEqual(['👍']);
});
