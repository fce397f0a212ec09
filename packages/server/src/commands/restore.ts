import { resolve } from 'node:path';
import { progressTo } from '../backup/progress.ts';
import { restore as restoreFrom } from '../backup/restore.ts';
import { commandLog, exactly, print, readConfig } from './command.ts';

/** `parley restore FILE`: see {@link restoreFrom}. */
export async function restore(args: readonly string[]): Promise<number> {
  const [file = ''] = exactly(args, 'FILE');
  const config = readConfig();
  await restoreFrom(config, resolve(file), commandLog(config), progressTo(print));
  print(
    `Restored to ${config.databaseUrl === undefined ? '' : 'the database and '}${config.dataDir}. Start the server as usual.`,
  );
  print('Sessions that ended after the backup was created are active again.');
  return 0;
}
