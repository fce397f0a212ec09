import { expect, test } from 'vitest';
import { rawStyles, rawStylesOfWeb } from './check-styles.mjs';

const found = (source: string) => rawStyles(source, 'a.tsx').map((style) => style.found);

test.each([
  ['a color of the palette', '<p className="text-red-500" />', 'text-red-500'],
  ['one with a variant and an opacity', '<p className="hover:bg-black/45" />', 'bg-black'],
  ['a color in brackets', '<p className="bg-[#fff]" />', 'bg-[#fff]'],
  ['a color in a style', "<p style={{ color: '#ff0000' }} />", '#ff0000'],
  ['a color of a function', '<p style={{ background: `oklch(0.5 0.1 20)` }} />', 'oklch(0'],
  ['a size of text', '<p className="mt-1 text-[13px]" />', 'text-[13px]'],
  ['a physical margin', '<p className="sm:-ml-2" />', 'ml-2'],
  ['a physical position', '<p className="absolute right-3" />', 'right-3'],
  ['a physical alignment', '<p className="text-left" />', 'text-left'],
  ['a physical border', '<p className="border-l-2" />', 'border-l-2'],
])('%s is found', (_, source, style) => {
  expect(found(source)).toEqual([style]);
});

test.each([
  ['roles', '<p className="bg-raised text-muted hover:bg-hover/60 text-note" />'],
  ['logical classes', '<p className="ms-2 pe-3 end-0 text-start border-s-2 rounded-e-lg" />'],
  ['the middle of what is around', '<p className="left-1/2 -translate-x-1/2" />'],
  ['a size of an element', '<p className="min-h-[3px] w-[20rem]" />'],
  ['names in texts', "<p>{t('a.left-over')} {place.left}</p>"],
  ['comments', '  // Not bg-black.'],
])('%s is accepted', (_, source) => {
  expect(found(source)).toEqual([]);
});

test('the components of the web client leave colors, sizes of text and directions to the tokens', () => {
  expect(rawStylesOfWeb()).toEqual([]);
});
