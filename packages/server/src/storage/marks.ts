import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * Marks in a data folder that must not be used: after an interrupted restore, or after its database was
 * moved.
 */

/** The subfolder in which a restore prepares the data folder. */
export const RESTORING = 'restoring';
/** The file that says where the database was moved to. */
export const MOVED = 'moved.json';

/** A restore of this data folder was interrupted: the folder cannot be used until it is finished. */
class RestoreUnfinished extends Error {
  override name = 'RestoreUnfinished';
}

/** The built-in database of this folder was moved. */
class DatabaseMoved extends Error {
  override name = 'DatabaseMoved';
}

/**
 * Refuses a data folder whose restore was interrupted.
 *
 * @throws {RestoreUnfinished}
 */
export function refuseUnfinished(dataDir: string): void {
  if (!existsSync(join(dataDir, RESTORING))) return;
  throw new RestoreUnfinished(
    `A restore into ${dataDir} was not finished. Run parley restore again with the same backup; ` +
      `or, to abandon it, delete ${join(dataDir, RESTORING)} and everything else in the folder.`,
  );
}

const Mark = z.object({ to: z.string(), at: z.string() });

/** Records that the built-in database was moved to `to`, an address without a password. */
export function markMoved(dataDir: string, to: string): void {
  const mark: z.infer<typeof Mark> = { to, at: new Date().toISOString() };
  writeFileSync(join(dataDir, MOVED), JSON.stringify(mark), { mode: 0o600, flush: true });
}

/**
 * Refuses the built-in database of a data folder that was moved: using it again would create two
 * diverging histories of one server.
 *
 * @throws {DatabaseMoved}
 */
export function refuseMoved(dataDir: string): void {
  const path = join(dataDir, MOVED);
  if (!existsSync(path)) return;
  const { to, at } = Mark.parse(JSON.parse(readFileSync(path, 'utf8')));
  throw new DatabaseMoved(
    `The database of ${dataDir} was moved to ${to} at ${at}. Set DATABASE_URL to it; ` +
      `or, to go back to the old database without the changes since then, delete ${path}.`,
  );
}
