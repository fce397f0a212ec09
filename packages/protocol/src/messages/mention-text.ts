import type { AccountId } from '../base/ids.ts';
import type { Mention } from './message-content.ts';

// Without schemas: the web client loads this with its first page, and must not load Zod for it.

/** The sign of a name: of a user or a user group, of a group, or of a custom emoji (which has it on both sides). */
export type NameSign = '@' | '#' | ':';

/** A name with its sign in the text of a message: `@ria`, `#design-team` or `:parrot:`, from `start` up to `end`. */
export interface MentionSpan {
  readonly sign: NameSign;
  /** Without the sign, as it was typed. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The pattern of the name of a custom emoji. It does not begin with `_`, so that Markdown sees no
 * emphasis in it.
 */
export const EMOJI_NAME = '[a-z0-9+-][a-z0-9_+-]{1,31}';

/**
 * A sign not preceded by a letter, digit or sign (an address, a path, an entity), followed by name
 * characters. The length of a name is bounded, so that every search takes linear time.
 */
const MENTION = new RegExp(
  `(?<![\\p{L}\\p{M}\\p{N}_@#/&=.-])[@#][\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N}._-]{0,79}` +
    // Not the minutes of a time, nor a part of a path.
    `|(?<![\\p{L}\\p{M}\\p{N}/]):${EMOJI_NAME}:`,
  'gu',
);
const EMOJI = new RegExp(`:${EMOJI_NAME}:`);

/** Returns whether a mention is of an account: by its name, or by a user group. */
export const isMentionOf = (mention: Mention, account: AccountId): boolean =>
  mention.kind === 'user'
    ? mention.id === account
    : mention.kind === 'user_group' && mention.accounts.includes(account);

/** Returns what the text of a message has for a mention, without the second sign of an emoji: `@ria`, `#design-team`. */
export const typedMention = (mention: Mention): string => {
  if (mention.kind === 'group') return `#${mention.name}`;
  if (mention.kind === 'emoji') return `:${mention.name}`;
  return `@${'name' in mention ? mention.name : mention.kind}`;
};

/** Returns what is shown for a name with its sign in a text; undefined: what was typed. */
export type NameOf = (sign: NameSign, name: string) => string | undefined;

/**
 * Returns what is shown for the names in a text with these mentions; undefined: what was typed for all of
 * them. `shown` returns it for one mention.
 */
export function nameOfMentions(
  mentions: readonly Mention[] | null | undefined,
  shown: (mention: Mention) => string | undefined,
): NameOf | undefined {
  if (!mentions || mentions.length === 0) return undefined;
  const byName = new Map(mentions.map((mention) => [typedMention(mention), mention]));
  return (sign, name) => {
    const mention = byName.get(sign + name);
    return mention && shown(mention);
  };
}

/** Returns whether a text can contain mentions at all: most messages do not. */
export const mayMention = (text: string): boolean =>
  text.includes('@') || text.includes('#') || (text.includes(':') && EMOJI.test(text));

/** Returns the names with a sign in a text without code, in order. */
export function mentionSpans(text: string): MentionSpan[] {
  const spans: MentionSpan[] = [];
  for (const { 0: found, index: start } of text.matchAll(MENTION)) {
    const sign = found[0] as NameSign;
    let length = found.length;
    if (sign === ':') {
      spans.push({ sign, name: found.slice(1, -1), start, end: start + length });
      continue;
    }
    // Punctuation at the end belongs to the sentence.
    while ('._-'.includes(found[length - 1] as string)) length--;
    spans.push({ sign, name: found.slice(1, length), start, end: start + length });
  }
  return spans;
}

const FENCE = '```';

/** Returns a message’s text without its ```blocks``` and `code`, which mention no one. */
export function withoutCode(text: string): string {
  let rest = '';
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf(FENCE, at);
    const close = open < 0 ? -1 : text.indexOf(FENCE, open + FENCE.length);
    if (close < 0) break;
    rest += `${text.slice(at, open)}\n`;
    at = close + FENCE.length;
  }
  rest += text.slice(at);
  return rest.replace(/`[^`\n]+`/g, '``');
}
