import { moveFiles } from '../backup/move-files.ts';
import { inBytes, inWords, progressTo } from '../backup/progress.ts';
import { commandLog, exactly, print, readConfig, UsageError } from './command.ts';

/** `parley move-files bucket`, or `folder` for the reverse: see {@link moveFiles}. */
export async function moveFilesTo(args: readonly string[]): Promise<number> {
  const [target = ''] = exactly(args, 'TARGET');
  if (target !== 'bucket' && target !== 'folder') {
    throw new UsageError('TARGET must be bucket or folder.');
  }
  const config = readConfig();
  const { count, bytes, damaged } = await moveFiles(config, target, {
    log: commandLog(config),
    progress: progressTo(print),
  });
  print(`Copied to the ${target}: ${inWords(count, 'file')}, ${inBytes(bytes)}.`);
  if (damaged.length > 0) {
    print(`${inWords(damaged.length, 'file')} not copied, because the content is damaged:`);
    for (const digest of damaged) print(`  ${digest}`);
  }
  print(
    target === 'bucket'
      ? 'Start the server with the same FILES_S3_* settings. Delete the folder files/ once everything works.'
      : 'Remove the FILES_S3_* settings and start the server. Delete the bucket once everything works.',
  );
  return damaged.length === 0 ? 0 : 1;
}
