import { ApiError } from '@parley/client';
import type { Attachment } from '@parley/protocol';
import { expect, test } from 'vitest';
import { type Uploader, uploadWhenConnected } from './upload-when-connected.ts';

const file = new File(['text'], 'a.txt');
const stored = { name: 'a.txt' } as Attachment;

/** A client whose uploads have the given outcomes, one after the other. */
function clientWith(outcomes: readonly (Error | Attachment)[], state: 'live' | 'waiting') {
  const left = [...outcomes];
  const listeners = new Set<() => void>();
  const client = {
    api: {
      upload: async () => {
        const outcome = left.shift();
        if (outcome === undefined || outcome instanceof Error) throw outcome;
        return outcome;
      },
    },
    snapshot: { state: state as string },
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const become = (next: string) => {
    client.snapshot = { state: next };
    for (const listener of [...listeners]) listener();
  };
  return { client: client as unknown as Uploader, become, left, listeners };
}

const options = () => {
  const controller = new AbortController();
  return { controller, name: 'a.txt', signal: controller.signal };
};
const lost = () => new ApiError('network', 'No answer');

test('an upload that lost its connection continues when there is one again', async () => {
  const { client, become, left, listeners } = clientWith([lost(), lost(), stored], 'waiting');
  const upload = uploadWhenConnected(client, file, options());
  await expect.poll(() => listeners.size).toBe(1);
  become('connecting');
  expect(left).toHaveLength(2);
  become('live');
  become('waiting');
  await expect.poll(() => left.length).toBe(1);
  await expect.poll(() => listeners.size).toBe(1);
  become('live');
  expect(await upload).toBe(stored);
  expect(listeners.size).toBe(0);
});

test('an upload that fails with a connection, or is refused, fails at once', async () => {
  const live = clientWith([lost()], 'live');
  await expect(uploadWhenConnected(live.client, file, options())).rejects.toThrow('No answer');
  const refused = clientWith(
    [new ApiError('account_quota_exceeded', 'Full', { status: 413 })],
    'waiting',
  );
  await expect(uploadWhenConnected(refused.client, file, options())).rejects.toThrow('Full');
});

test('an upload that is canceled stops waiting for the connection', async () => {
  const { client, listeners } = clientWith([lost()], 'waiting');
  const { controller, ...rest } = options();
  const upload = uploadWhenConnected(client, file, rest);
  await expect.poll(() => listeners.size).toBe(1);
  controller.abort(new Error('Removed'));
  await expect(upload).rejects.toThrow('Removed');
  expect(listeners.size).toBe(0);
});

test('an upload that was canceled while its connection was lost is not started again', async () => {
  const { client, left } = clientWith([lost(), stored], 'waiting');
  const { controller, ...rest } = options();
  controller.abort(new Error('Removed'));
  await expect(uploadWhenConnected(client, file, rest)).rejects.toThrow('No answer');
  expect(left).toEqual([stored]);
});
