import { expect, test } from 'vitest';
import { fileKind } from './file-kind.ts';

test.each([
  ['report.pdf', 'application/pdf', 'PDF'],
  ['backup.tar.gz', 'application/gzip', 'GZ'],
  ['Makefile', 'text/plain', 'text/plain'],
  ['notes.unusual', 'text/plain', 'text/plain'],
  ['v1.', 'application/octet-stream', 'application/octet-stream'],
])('%s (%s) is shown as %s', (name, mediaType, expected) => {
  expect(fileKind(name, mediaType)).toBe(expected);
});
