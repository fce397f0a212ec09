import { isBlank, LIMITS } from '@parley/protocol';

/** The name of a file whose own name contains nothing printable. */
const UNNAMED = 'file';
/**
 * Control characters, invisible characters (except those in emoji and between letters), the blank of Braille, and
 * characters that change the direction of text.
 */
const UNSAFE =
  /[\p{Cc}\p{Bidi_Control}\u2028\u2029\u2800]|(?!\u200c|\u200d|\ufe0e|\ufe0f|[\u{e0020}-\u{e007f}])\p{Default_Ignorable_Code_Point}/gu;
/** Reserved device names on Windows, with any extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
/** The longest extension that is kept when a name is cut, in bytes. */
const EXTENSION_MAX = 20;

/**
 * Returns the name under which a file is shown and saved: the last part of a path, without characters
 * that hide or reverse others (`exe.gpj` written from right to left), and at most
 * `limits.fileNameBytes` long. It is never a path in the file store.
 */
export function cleanFileName(given: string): string {
  const last = given.toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const clean = last
    .replace(UNSAFE, '')
    .normalize('NFC')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/\s+/gu, ' ');
  // Neither a hidden file nor, on Windows, an alias of another name.
  const name = trimmed(clean);
  if (isBlank(name)) return UNNAMED;
  return shortened(DEVICE.test(name) ? `_${name}` : name, LIMITS.fileNameBytes);
}

/** Removes dots and spaces at both ends. */
function trimmed(name: string): string {
  const isEdge = (at: number) => name[at] === '.' || name[at] === ' ';
  let start = 0;
  let end = name.length;
  while (start < end && isEdge(start)) start++;
  while (end > start && isEdge(end - 1)) end--;
  return name.slice(start, end);
}

/** Shortens a name before its extension, between characters. */
function shortened(name: string, max: number): string {
  if (Buffer.byteLength(name) <= max) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  const end = Buffer.byteLength(extension) <= EXTENSION_MAX ? extension : '';
  let bytesLeft = max - Buffer.byteLength(end);
  let start = '';
  for (const character of name.slice(0, name.length - end.length)) {
    bytesLeft -= Buffer.byteLength(character);
    if (bytesLeft < 0) break;
    start += character;
  }
  return start.trimEnd() + end;
}

/**
 * Returns a Content-Disposition (RFC 6266): the name in ASCII, and as UTF-8 (RFC 8187) if it has other
 * characters.
 */
export function contentDisposition(kind: 'inline' | 'attachment', name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_');
  if (ascii === name) return `${kind}; filename="${name}"`;
  const encoded = encodeURIComponent(name).replace(
    /['()*!]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
