import { text } from 'node:stream/consumers';
import { move as moveTo } from '../backup/move.ts';
import { inWords, progressTo } from '../backup/progress.ts';
import { commandLog, exactly, print, readConfig, UsageError } from './command.ts';

/** `parley move DATABASE_URL`, or `-` to read it from standard input: see {@link moveTo}. */
export async function move(args: readonly string[]): Promise<number> {
  const [given = ''] = exactly(args, 'DATABASE_URL');
  // All users of the machine can read the arguments of a process.
  const to = given === '-' ? (await text(process.stdin)).trim() : given;
  if (!/^postgres(ql)?:\/\//.test(to) || !URL.canParse(to)) {
    throw new UsageError('DATABASE_URL must start with postgres:// and contain a host.');
  }
  const config = readConfig();
  const streams = await moveTo(config, to, commandLog(config), progressTo(print));
  print(
    `Moved: ${inWords(streams.events, 'event')} in ${inWords(streams.streams, 'stream')}, digest ${streams.sha256}`,
  );
  print(
    `Set DATABASE_URL to the new database. Keep the data folder ${config.dataDir}: it contains the secret and the files.`,
  );
  print('Its folder postgres/ is unchanged. Delete it once everything works.');
  return 0;
}
