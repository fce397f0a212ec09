import { LIMITS } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanFileName, contentDisposition } from './file-name.ts';

describe('the name of a file', () => {
  test.each([
    ['plan.pdf', 'plan.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\ann\\plan.pdf', 'plan.pdf'],
    ['..', 'file'],
    ['', 'file'],
    ['.htaccess', 'htaccess'],
    ['harmless\u202egpj.exe', 'harmlessgpj.exe'],
    [`invoice.pdf${'\u2800\u3164'.repeat(20)}.exe`, 'invoice.pdf.exe'],
    ['\u3164.\u200d', 'file'],
    ['می\u200cخواهم.txt', 'می\u200cخواهم.txt'],
    ['a\u0000b\r\nc.txt', 'abc.txt'],
    ['aux.txt', '_aux.txt'],
    ['a"b<c>.txt', 'a_b_c_.txt'],
    ['  Gru\u0308ße  2026 .txt', 'Grüße 2026 .txt'],
    ['👩‍👩‍👧.png', '👩‍👩‍👧.png'],
  ])('%j is %j', (given, expected) => {
    expect(cleanFileName(given)).toBe(expected);
  });

  test('is cut before its extension, between two characters', () => {
    const name = cleanFileName(`${'ü'.repeat(300)}.tar.gz`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(LIMITS.fileNameBytes);
    expect(name).toMatch(/^ü+\.gz$/);
  });

  test('is a single name of bounded length without control characters, for any input', () => {
    const parts = fc.constantFrom('/', '\\', '.', '\u202e', '\0', '"', 'ü', '👍', '\ud800', ' ');
    const names = fc.array(fc.oneof(parts, fc.string({ unit: 'binary' })), { maxLength: 80 });
    fc.assert(
      fc.property(names, (pieces) => {
        const name = cleanFileName(pieces.join(''));
        expect(name.length).toBeGreaterThan(0);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(LIMITS.fileNameBytes);
        expect(name).not.toMatch(/[/\\\p{Cc}\p{Bidi_Control}"<>:|?*]/u);
        expect(name).not.toMatch(/^\.|^\s|\s$/);
        expect(name.isWellFormed()).toBe(true);
        expect(cleanFileName(name)).toBe(name);
      }),
    );
  });
});

describe('Content-Disposition', () => {
  test.each([
    ['plan.pdf', 'attachment; filename="plan.pdf"'],
    ["it's 50%.txt", `attachment; filename="it's 50_.txt"; filename*=UTF-8''it%27s%2050%25.txt`],
    ['Grüße.txt', `attachment; filename="Gr__e.txt"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt`],
  ])('of %j', (name, expected) => {
    expect(contentDisposition('attachment', name)).toBe(expected);
  });

  test('is a valid header whose name can be read again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (given) => {
        const name = cleanFileName(given);
        const header = contentDisposition('inline', name);
        expect(header).toMatch(/^[\x20-\x7e]+$/);
        const [, ascii, encoded] =
          /^inline; filename="([^"\\]*)"(?:; filename\*=UTF-8''([\w%.~!#$&+^`|-]*))?$/.exec(
            header,
          ) ?? [];
        expect(encoded === undefined ? ascii : decodeURIComponent(encoded)).toBe(name);
      }),
    );
  });
});
