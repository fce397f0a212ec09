import { EmojiId, type Mention } from '@parley/protocol';
import { EMOJI_GROUPS } from '@parley/protocol/emoji';
import { parseMarkdown } from '@parley/protocol/markdown';
import { describe, expect, test } from 'vitest';
import { isOnlyEmoji } from './only-emoji.ts';
import { SKIN_TONES, withSkinTone } from './skin-tone.ts';

const PARROT: Mention = {
  kind: 'emoji',
  name: 'parrot',
  id: EmojiId.parse('0197a000-0000-7000-8000-0000000000e1'),
};
const isOnly = (text: string, mentions: readonly Mention[] = [PARROT]) =>
  isOnlyEmoji(parseMarkdown(text, mentions, false));

describe('a message of emoji alone', () => {
  test('a message of emoji alone has a few of them, also custom ones, and white space', () => {
    for (const text of [
      '🎉',
      '👍🏽 👨‍👩‍👧 🇩🇪',
      '1️⃣',
      '❤️\n🏴󠁧󠁢󠁥󠁮󠁧󠁿',
      ':parrot:',
      ':parrot: 🎉',
      '🎉'.repeat(10),
    ]) {
      expect([text, isOnly(text)]).toEqual([text, true]);
    }
  });

  test('a message of emoji alone has neither text nor marks, and not very many emoji', () => {
    const others = [
      '',
      '5',
      '#',
      '12',
      '©',
      '↔',
      'ok 👍',
      '`🎉`',
      '> 🎉',
      '- 🎉',
      '**🎉**',
      '\u200d',
    ];
    for (const text of [...others, '🎉'.repeat(11)]) {
      expect([text, isOnly(text)]).toEqual([text, false]);
    }
    // An unknown one is a name.
    expect(isOnly(':parrot:', [])).toBe(false);
    expect(isOnly('🎉 @ria', [{ kind: 'everyone' }])).toBe(false);
  });

  test('a message of emoji alone may have any emoji of the picker, in any skin tone', () => {
    for (const { emoji, hasSkinTones } of EMOJI_GROUPS.flatMap(({ items }) => items)) {
      for (const tone of hasSkinTones ? SKIN_TONES : ([''] as const)) {
        const shown = withSkinTone(emoji, tone);
        expect([shown, isOnly(shown)]).toEqual([shown, true]);
      }
    }
  });
});
