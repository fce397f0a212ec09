// Writes packages/protocol/src/emoji/list.ts, the emoji with names: their order and groups from
// unicode-emoji-json, their names as on GitHub and Slack, and words to search for, from gemoji. A line for each
// emoji: itself, its names, further words, and “+” if it has skin tones, separated by tabs.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Newer emoji are missing in the fonts of many systems. */
const VERSION_MAX = 15;
/** The groups of Unicode. Left out are parts of flags and of skin tones, which no one writes alone. */
const GROUPS = {
  'Smileys & Emotion': 'smileys',
  'People & Body': 'people',
  'Animals & Nature': 'animals',
  'Food & Drink': 'food',
  'Travel & Places': 'travel',
  Activities: 'activities',
  Objects: 'objects',
  Symbols: 'symbols',
  Flags: 'flags',
};
const WEB = new URL('../packages/web/', import.meta.url);
export const FILE = fileURLToPath(
  new URL('../packages/protocol/src/emoji/list.ts', import.meta.url),
);

const HEAD = `// Written by scripts/emoji-data.mjs.

/** A line for each emoji: itself, its names, further words, and “+” if it has skin tones. */
`;

/** Returns the text of the file. */
export async function emojiData() {
  const require = createRequire(new URL('package.json', WEB));
  const groups = JSON.parse(
    readFileSync(require.resolve('unicode-emoji-json/data-by-group.json'), 'utf8'),
  );
  const { gemoji } = await import(new URL('../node_modules/gemoji/index.js', import.meta.url).href);
  const known = new Map(gemoji.map((one) => [plain(one.emoji), one]));
  const lines = [];
  for (const { name, emojis } of groups) {
    const key = GROUPS[name];
    if (key === undefined) continue;
    lines.push(`# ${key}`);
    for (const emoji of emojis) {
      if (Number(emoji.emoji_version) > VERSION_MAX) continue;
      const { names = [], tags = [] } = known.get(plain(emoji.emoji)) ?? {};
      const slug = emoji.slug.replace(/[^a-z0-9_+-]+/g, '_');
      const all = [...new Set([...names, slug])];
      const words = [
        ...emoji.name.split(/[^\p{L}\p{N}]+/u),
        ...tags.flatMap((tag) => tag.split(/[ _]/)),
      ]
        .map((word) => word.toLowerCase())
        .filter((word) => word.length > 1 && !all.some((one) => one.split('_').includes(word)));
      lines.push(
        [
          emoji.emoji,
          all.join(' '),
          [...new Set(words)].join(' '),
          ...(emoji.skin_tone_support ? ['+'] : []),
        ].join('\t'),
      );
    }
  }
  return `${HEAD}export const EMOJI_LIST = \`${lines.join('\n')}\n\`;\n`;
}

/** The same emoji has a variation selector in one list and none in the other. */
const plain = (emoji) => emoji.replaceAll('\ufe0f', '');

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(FILE, await emojiData());
