import type { PostOptions } from '@parley/client';
import type { Attachment, ConversationId, FileId, Seq } from '@parley/protocol';
import { LIMITS } from '@parley/protocol';
import { expect, test } from 'vitest';
import { UnsentFiles } from './unsent-files.ts';

const HERE = { conversation: 'here' as ConversationId };
const THREAD = { conversation: 'here' as ConversationId, thread: 3 as Seq };

const fileOf = (name: string): File => new File(['12345678'], name);
const storedAs = (name: string) => ({ id: `id of ${name}` as FileId, name }) as Attachment;

/** The files, with uploads that the test ends, and everything that they did. */
function start() {
  const uploads = new Map<
    string,
    { signal: AbortSignal; progress: (sent: number) => void; end: (error?: Error) => Promise<void> }
  >();
  const posts: { place: unknown; body: string; options: PostOptions }[] = [];
  const failed: string[] = [];
  const files = new UnsentFiles({
    upload: (file, { signal, onProgress }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        uploads.set(file.name, {
          signal,
          progress: onProgress,
          end: async (error) => {
            if (error) reject(error);
            else resolve(storedAs(file.name));
            // The upload continues in a later task.
            await new Promise((done) => setTimeout(done));
          },
        });
      }),
    post: (place, body, options) => posts.push({ place, body, options }),
    textOf: (error) => (error as Error).message,
    failed: ({ file }) => failed.push(file.name),
  });
  const upload = (name: string) => {
    const found = uploads.get(name);
    if (!found) throw new Error(`No upload of ${name}`);
    return found;
  };
  return { files, upload, posts, failed };
}

test('a message that was sent during the upload is posted when all of its files are uploaded', async () => {
  const { files, upload, posts } = start();
  files.add(HERE, [fileOf('a'), fileOf('b')]);
  await upload('a').end();
  files.sendWhenUploaded(HERE, 'Hello', { replyTo: 7 as Seq });
  expect(files.of(HERE).files).toEqual([]);
  expect(files.of(HERE).waiting).toMatchObject([{ body: 'Hello' }]);
  expect(posts).toEqual([]);
  await upload('b').end();
  const options = { replyTo: 7, attachments: ['id of a', 'id of b'] };
  expect(posts).toEqual([{ place: HERE, body: 'Hello', options }]);
  expect(files.of(HERE)).toEqual({ files: [], waiting: [] });
  expect(files.isBusy).toBe(false);
});

test('the files of a conversation and of its threads are separate, and stay while others are shown', async () => {
  const { files, upload } = start();
  files.add(HERE, [fileOf('a')]);
  files.add(THREAD, [fileOf('b')]);
  await upload('b').end();
  upload('a').progress(2);
  expect(files.of(HERE).files).toMatchObject([{ progress: 0.25, stored: null }]);
  expect(files.take(THREAD)).toEqual(['id of b']);
  expect(files.of(THREAD).files).toEqual([]);
  expect(files.of(HERE).files).toHaveLength(1);
});

test('a message whose upload fails is not posted until a retry succeeds', async () => {
  const { files, upload, posts, failed } = start();
  files.add(HERE, [fileOf('a')]);
  files.sendWhenUploaded(HERE, 'Hello', {});
  await upload('a').end(new Error('Quota reached'));
  expect(failed).toEqual(['a']);
  const [waiting] = files.of(HERE).waiting;
  expect(waiting?.files).toMatchObject([{ failure: 'Quota reached' }]);
  expect(posts).toEqual([]);
  expect(files.isBusy).toBe(true);
  files.retry(waiting?.files[0]?.key as number);
  expect(files.of(HERE).waiting[0]?.files).toMatchObject([{ failure: null }]);
  await upload('a').end();
  expect(posts).toHaveLength(1);
});

test('the failed upload of a message that was not sent is only shown beside it', async () => {
  const { files, upload, failed } = start();
  files.add(HERE, [fileOf('a')]);
  await upload('a').end(new Error('Quota reached'));
  expect(files.of(HERE).files).toMatchObject([{ failure: 'Quota reached' }]);
  expect(failed).toEqual([]);
});

test('canceling a waiting message returns its files, and it is not posted', async () => {
  const { files, upload, posts } = start();
  files.add(HERE, [fileOf('a')]);
  files.sendWhenUploaded(HERE, 'Hello', {});
  files.add(HERE, [fileOf('b')]);
  const key = files.of(HERE).waiting[0]?.key as number;
  expect(files.cancelSending(HERE, key)).toMatchObject({ body: 'Hello' });
  expect(files.cancelSending(HERE, key)).toBeNull();
  await upload('a').end();
  await upload('b').end();
  expect(posts).toEqual([]);
  expect(files.take(HERE)).toEqual(['id of a', 'id of b']);
});

test('a message has a highest number of files, also after sending was canceled', () => {
  const { files, upload } = start();
  const many = Array.from({ length: LIMITS.attachmentsPerMessage }, (_, n) => fileOf(`${n}`));
  expect(files.add(HERE, many)).toBe(0);
  expect(files.add(HERE, [fileOf('another'), fileOf('one more')])).toBe(2);
  files.sendWhenUploaded(HERE, '', {});
  expect(files.add(HERE, [fileOf('more')])).toBe(0);
  files.cancelSending(HERE, files.of(HERE).waiting[0]?.key as number);
  expect(files.of(HERE).files.map(({ file }) => file.name)).toEqual(many.map(({ name }) => name));
  expect(upload('more').signal.aborted).toBe(true);
});

test('removing a file, and the end of the session, end uploads without an error', async () => {
  const { files, upload, failed } = start();
  files.add(HERE, [fileOf('a'), fileOf('b')]);
  files.remove(HERE, files.of(HERE).files[0]?.key as number);
  expect(upload('a').signal.aborted).toBe(true);
  expect(files.of(HERE).files).toMatchObject([{ failure: null }]);
  files.sendWhenUploaded(HERE, 'Hello', {});
  files.endAll();
  await upload('b').end();
  expect(upload('b').signal.aborted).toBe(true);
  expect(files.of(HERE)).toEqual({ files: [], waiting: [] });
  expect([files.isBusy, failed]).toEqual([false, []]);
});

test('files that are not uploaded stay when the others are taken', async () => {
  const { files, upload } = start();
  files.add(HERE, [fileOf('a'), fileOf('b')]);
  await upload('a').end();
  expect(files.take(HERE)).toEqual(['id of a']);
  expect(files.of(HERE).files.map(({ file }) => file.name)).toEqual(['b']);
});

test('only an upload that has failed is retried', () => {
  const { files, upload } = start();
  files.add(HERE, [fileOf('a')]);
  const first = upload('a');
  files.retry(files.of(HERE).files[0]?.key as number);
  expect(upload('a')).toBe(first);
});
