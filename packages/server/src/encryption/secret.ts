import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Returns the server’s secret: PARLEY_SECRET, or the content of `<data>/secret`, which is created
 * at the first start and readable only by its owner.
 */
export function loadSecret(config: { secret?: string | undefined; dataDir: string }): string {
  if (config.secret !== undefined) return config.secret;
  const path = join(config.dataDir, 'secret');
  const existing = read(path);
  if (existing !== null) return existing;
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flush: true });
  try {
    // A hard link does not overwrite: if two servers start at once, one secret is kept.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const stored = read(path);
  if (stored === null) throw new Error(`The secret in ${path} cannot be read`);
  return stored;
}

function read(path: string): string | null {
  try {
    const secret = readFileSync(path, 'utf8').trim();
    if (secret.length < 32) throw new Error(`The secret in ${path} is damaged: it is too short`);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
