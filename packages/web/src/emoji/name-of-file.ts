import { LIMITS } from '@parley/protocol';

/** Derives a name for a custom emoji from a file name; empty if that contains nothing usable. */
export function nameOfFile(file: string): string {
  const end = file.lastIndexOf('.');
  const words = (end < 0 ? file : file.slice(0, end))
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .split(/[^a-z0-9_+-]/)
    .filter((word) => word !== '');
  const name = words.join('-');
  const start = name.search(/[^_-]/);
  return start < 0 ? '' : trimmedEnd(name.slice(start, start + LIMITS.emojiNameMax));
}

/** Returns a name without hyphens and underscores at its end. */
function trimmedEnd(name: string): string {
  let end = name.length;
  while (end > 0 && '_-'.includes(name[end - 1] as string)) end--;
  return name.slice(0, end);
}
