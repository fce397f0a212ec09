import { expect, test } from 'vitest';
import { titleInPlaceholder } from './placeholder.ts';

const LATIN = 'Launch planning and review of the second quarter';
const ARABIC = 'التخطيط لإطلاق الربع الثاني ومراجعته';

test.each([
  [LATIN, 'ltr', LATIN],
  [ARABIC, 'rtl', ARABIC],
  [LATIN, 'rtl', 'Launch planning and revi…'],
  ['#1 Launch planning and review', 'rtl', '#1 Launch planning and r…'],
  [ARABIC, 'ltr', 'التخطيط لإطلاق الربع الث…'],
  ['Launch', 'rtl', 'Launch'],
  ['2026/2027 – 3000000000000', 'rtl', '2026/2027 – 3000000000000'],
] as const)('%s on a page from %s is shown as %s', (title, page, shown) => {
  expect(titleInPlaceholder(title, page, 'narrow')).toBe(shown);
  expect(titleInPlaceholder(title, page, 'wide')).toBe(title);
});
