import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Flushes the content of a file to disk. */
export const syncFile = (path: string): Promise<void> => sync(path, 'r+');

/** Flushes the entries of a folder and of those above it, up to `top`, to disk. */
export async function syncFolders(folder: string, top: string): Promise<void> {
  await sync(folder, 'r');
  if (folder !== top && folder.startsWith(top)) await syncFolders(dirname(folder), top);
}

async function sync(path: string, flags: string): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
