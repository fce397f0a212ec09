import type { Mention } from './events.ts';
import type { AccountId } from './ids.ts';

// Without schemas: the web client loads this with its first page, and must not load Zod for it.

/** A name with its sign in the text of a message: `@ria` or `#design-team`, from `start` up to `end`. */
export interface MentionSpan {
  readonly sign: '@' | '#';
  /** Without the sign, as it was typed. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * A sign that follows no letter, digit or sign (an address, a path, an entity), and what may follow in a
 * name. The length of a name is bounded, so that every search takes linear time.
 */
const MENTION = /(?<![\p{L}\p{M}\p{N}_@#/&=.-])[@#][\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,79}/gu;

/** Returns whether a mention is of an account: by its name, or by a user group. */
export const isMentionOf = (mention: Mention, account: AccountId): boolean =>
  mention.kind === 'user'
    ? mention.id === account
    : mention.kind === 'user_group' && mention.accounts.includes(account);

/** Returns whether a text can contain mentions at all: most messages do not. */
export const mayMention = (text: string): boolean => text.includes('@') || text.includes('#');

/** Returns the names with a sign in a text without code, in order. */
export function mentionSpans(text: string): MentionSpan[] {
  const spans: MentionSpan[] = [];
  for (const { 0: found, index: start } of text.matchAll(MENTION)) {
    let length = found.length;
    // Punctuation at the end belongs to the sentence.
    while ('._-'.includes(found[length - 1] as string)) length--;
    const sign = found[0] as '@' | '#';
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
