import { ApiError, type ParleyClient } from '@parley/client';
import type { Attachment } from '@parley/protocol';

/** The part of the client that is needed to upload. */
export interface Uploader {
  readonly api: Pick<ParleyClient['api'], 'upload'>;
  readonly snapshot: Pick<ParleyClient['snapshot'], 'state'>;
  subscribe(listener: () => void): () => void;
}

type Options = Parameters<ParleyClient['api']['upload']>[1] & { readonly signal: AbortSignal };

/**
 * Uploads a file. An upload that ends because there is no connection continues once there is one again,
 * however long that takes.
 */
export async function uploadWhenConnected(
  client: Uploader,
  file: File,
  options: Options,
): Promise<Attachment> {
  for (;;) {
    try {
      return await client.api.upload(file, options);
    } catch (error) {
      const isInterrupted = error instanceof ApiError && error.retryable;
      if (!isInterrupted || isLive(client) || options.signal.aborted) throw error;
      await connected(client, options.signal);
    }
  }
}

const isLive = ({ snapshot }: Uploader): boolean => snapshot.state === 'live';

/** Waits until the client is connected. Rejects when the signal is aborted. */
function connected(client: Uploader, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      stop();
      signal.removeEventListener('abort', abort);
    };
    const abort = () => {
      end();
      reject(signal.reason);
    };
    const stop = client.subscribe(() => {
      if (!isLive(client)) return;
      end();
      resolve();
    });
    signal.addEventListener('abort', abort);
  });
}
