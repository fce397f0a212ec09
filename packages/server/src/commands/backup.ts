import { resolve } from 'node:path';
import { backUp } from '../backup/backup.ts';
import { inWords, progressTo } from '../backup/progress.ts';
import { commandLog, exactly, print, readConfig } from './command.ts';

/** `parley backup FILE`: see {@link backUp}. */
export async function backup(args: readonly string[]): Promise<number> {
  const [file = ''] = exactly(args, 'FILE');
  const config = readConfig();
  const { streams } = await backUp(config, resolve(file), commandLog(config), progressTo(print));
  print(
    `Backup written to ${file}: ${inWords(streams.events, 'event')} in ${inWords(streams.streams, 'stream')}, digest ${streams.sha256}`,
  );
  print('The backup contains every secret of the server. Store it where only you can read it.');
  return 0;
}
