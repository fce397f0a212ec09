import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Flushes the entries of a folder to disk, so that renames survive a power failure. */
export function syncFolder(dir: string): void {
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
