import { loadSigningKeys } from '../accounts/keys.ts';
import { loadSecret } from '../accounts/secret.ts';
import { reachDatabase } from '../storage/reach.ts';
import { commandLog, readConfig, say, UsageError } from './command.ts';

/**
 * `parley keys rotate [--now]`: makes a new key for access tokens, while the server runs or not. It
 * signs from in ten minutes on, and nobody notices; with --now the keys there are end, nodes take
 * the new one within a minute, and clients fetch new tokens by themselves.
 */
export async function keys(args: readonly string[]): Promise<number> {
  const [what, ...options] = args;
  if (what !== 'rotate') throw new UsageError('What is to be done with the keys? rotate.');
  const unknown = options.find((option) => option !== '--now');
  if (unknown !== undefined) throw new UsageError(`There is no option ${unknown}.`);
  const atOnce = options.includes('--now');
  const config = readConfig();
  const { database, close } = await reachDatabase(config, commandLog(config));
  try {
    const signing = await loadSigningKeys(database.pool, loadSecret(config));
    const kid = await signing.rotate({ atOnce });
    process.stdout.write(`${kid}\n`);
    say(
      atOnce
        ? 'The keys of before have ended; servers that run take the new one within a minute.'
        : 'The new key signs from in ten minutes on; the one before verifies until its tokens are gone.',
    );
    return 0;
  } finally {
    await close();
  }
}
