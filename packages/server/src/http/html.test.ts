import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { htmlPage, PAGE_STYLE_SOURCE } from './html.ts';

test('the source expression allows the style element as it is sent', () => {
  const [, style = ''] = /<style>(.*)<\/style>/s.exec(htmlPage('Title', '<p>Text</p>')) ?? [];
  expect(style).toContain('color-scheme');
  const hash = createHash('sha256').update(style).digest('base64');
  expect(PAGE_STYLE_SOURCE).toBe(`'sha256-${hash}'`);
});

test('the title is escaped', () => {
  expect(htmlPage('<b>', '')).toContain('<title>&#60;b&#62;</title>');
});
