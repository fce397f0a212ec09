import { LIMITS } from '@parley/protocol';

/** Returns a name for a custom emoji that is made of a file, from that of the file; empty if it has none of use. */
export const nameOfFile = (file: string): string =>
  file
    .replace(/\.[^.]*$/, '')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9_+-]+/g, '-')
    .replace(/^[_-]+|[_-]+$/g, '')
    .slice(0, LIMITS.emojiNameMax);
