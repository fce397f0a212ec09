import { expect, test } from 'vitest';
import { bombOf, pdfOf } from '../../test/support/pdf.ts';
import { excerptOf } from './file-matches.ts';
import { bytesForText, TEXT_MAX, textOfFile } from './file-text.ts';
import { termOf } from './keys.ts';

const MIB = 1024 * 1024;
const plain = (text: string | Buffer) => textOfFile('text/plain', Buffer.from(text));

test('the text of a text file has no control characters, and a bound', async () => {
  expect(await plain('\ufeff# Title\r\n\n\n\n\nA  wombat\0\u001b[1m  東京\n')).toBe(
    '# Title \n\nA wombat [1m 東京',
  );
  expect(await plain('x'.repeat(2 * TEXT_MAX))).toHaveLength(TEXT_MAX);
  // The last character is cut, the one before is none.
  expect(await plain(Buffer.from([0x61, 0xff, 0x62, 0xe6, 0x9d]))).toBe('a\ufffdb');
});

test('the text of a PDF is that of its pages, up to a bound', async () => {
  const pdf = pdfOf(['Quarterly wombat report', 'Second page']);
  expect(await textOfFile('application/pdf', pdf)).toBe('Quarterly wombat report\nSecond page');
  const many = pdfOf(Array.from({ length: 310 }, (_, n) => `page ${n} of many`));
  const text = await textOfFile('application/pdf', many);
  expect(text).toContain('page 299 of many');
  expect(text).not.toContain('page 300 of many');
});

test.each([
  ['no PDF at all', Buffer.from('%PDF-1.7\nnothing of it')],
  ['a PDF without pages', Buffer.from('%PDF-1.7\ntrailer<</Root 1 0 R>>')],
  ['a page that inflates to gigabytes', bombOf(1_500 * MIB)],
])('%s ends with an error, and soon', async (_, pdf) => {
  expect(pdf.length).toBeLessThan(8 * MIB);
  const startedAt = performance.now();
  await expect(textOfFile('application/pdf', pdf)).rejects.toThrow(/PDF/);
  expect(performance.now() - startedAt).toBeLessThan(40_000);
});

test('only text and PDF files up to a size are read', () => {
  expect(bytesForText('text/plain', 3 * MIB)).toBe(MIB);
  expect(bytesForText('text/plain', 0)).toBe(0);
  expect(bytesForText('application/pdf', 32 * MIB)).toBe(32 * MIB);
  expect(bytesForText('application/pdf', 32 * MIB + 1)).toBe(0);
  expect(bytesForText('image/png', 10)).toBe(0);
});

test('an excerpt is the part of a text with the most terms', () => {
  const terms = ['wombat', 'quokka'].flatMap((word) => termOf(word) ?? []);
  const filler = 'lorem ipsum '.repeat(1_000);
  const text = `${filler}wombat ${filler}wombat and quokka ${filler}`;
  const { excerpt, isCutBefore, isCutAfter } = excerptOf(text, terms);
  expect(excerpt).toContain('wombat and quokka');
  expect([isCutBefore, isCutAfter]).toEqual([true, true]);
  expect(excerptOf('a wombat', terms)).toEqual({
    excerpt: 'a wombat',
    isCutBefore: false,
    isCutAfter: false,
  });
});
