import { loadSigningKeys } from '../accounts/sessions/signing-keys.ts';
import { loadSecret } from '../encryption/secret.ts';
import { reachDatabase } from '../storage/reach.ts';
import { commandLog, print, readConfig, UsageError } from './command.ts';

/**
 * `parley keys rotate [--now]`: creates a new signing key for access tokens, whether or not the
 * server is running. It is used after ten minutes, without affecting clients. With --now the
 * current keys are revoked, nodes load the new one within a minute, and clients fetch new tokens.
 */
export async function keys(args: readonly string[]): Promise<number> {
  const [what, ...options] = args;
  if (what !== 'rotate') throw new UsageError('Missing subcommand: rotate');
  const unknown = options.find((option) => option !== '--now');
  if (unknown !== undefined) throw new UsageError(`Unknown option: ${unknown}`);
  const atOnce = options.includes('--now');
  const config = readConfig();
  const { database, close } = await reachDatabase(config, commandLog(config));
  try {
    const signing = await loadSigningKeys(database.pool, loadSecret(config));
    const kid = await signing.rotate({ atOnce });
    process.stdout.write(`${kid}\n`);
    print(
      atOnce
        ? 'The previous keys are revoked. Running servers use the new key within a minute.'
        : 'The new key starts signing in ten minutes. Tokens signed by the previous key stay valid until they expire.',
    );
    return 0;
  } finally {
    await close();
  }
}
