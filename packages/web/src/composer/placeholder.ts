import { excerpt } from '../lib/display-text.ts';

/** How many characters of a title of the other direction fit next to the other words, at 360 px and at 1024 px. */
const TITLE_MAX = { narrow: 24, wide: 60 } as const;

const RIGHT_TO_LEFT = /^[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u;

/**
 * Returns the title of a conversation for the placeholder of the message field. The browser cuts off a placeholder at
 * the end of the line, where a title of the other direction begins: such a title is truncated here instead.
 */
export function titleInPlaceholder(
  title: string,
  page: 'ltr' | 'rtl',
  width: keyof typeof TITLE_MAX,
): string {
  const letter = /\p{L}/u.exec(title)?.[0];
  if (letter === undefined) return title;
  const direction = RIGHT_TO_LEFT.test(letter) ? 'rtl' : 'ltr';
  return direction === page ? title : excerpt(title, TITLE_MAX[width]);
}
