import type { DraftPlace, ParleyClient } from '@parley/client';
import type { FileId } from '@parley/protocol';
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react';
import { errorMessage } from '../lib/text.ts';
import { readStoredInTab, writeStoredInTab } from '../session/device.ts';
import { useAccountId, useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { toast } from '../ui/toast.ts';
import { showLeftOut } from './left-out.ts';
import { rememberName } from './sent-names.ts';
import {
  type NewFile,
  UnsentFiles,
  type WaitingMessage,
  type WaitingOptions,
} from './unsent-files.ts';
import { uploadWhenConnected } from './upload-when-connected.ts';

/** The files of the message that is being written in a conversation or thread. */
export interface NewFiles {
  readonly items: readonly NewFile[];
  /** Messages that are posted once their files are uploaded. */
  readonly waiting: readonly WaitingMessage[];
  /** Whether all files are uploaded. */
  readonly isUploaded: boolean;
  /** Whether an upload has failed, so that the message can’t be sent. */
  readonly hasFailed: boolean;
  add(files: Iterable<File>): void;
  remove(key: number): void;
  retry(key: number): void;
  /** Takes the uploaded files, to post them now. */
  take(): FileId[];
  /** Posts a message with the files once they are uploaded. */
  sendWhenUploaded(body: string, options: WaitingOptions): void;
  /** Cancels the sending of a waiting message, and returns it to be edited; null if it is no longer waiting. */
  cancelSending(key: number): WaitingMessage | null;
}

const ofClient = new WeakMap<ParleyClient, UnsentFiles>();

/** Returns the files of all messages that are being written with a client. */
export function useUnsentFiles(): UnsentFiles {
  const client = useClient();
  const account = useAccountId();
  let files = ofClient.get(client);
  if (!files) {
    files = new UnsentFiles({
      upload: async (file, options) => {
        const name = `upload.${file.name.slice(0, 200)}.${file.size}.${file.lastModified}`;
        const stored = await uploadWhenConnected(client, file, {
          name: file.name,
          ...options,
          // The upload continues after a reload when the same file is chosen again.
          memory: {
            get: () => readStoredInTab(account, name) as FileId | null,
            set: (id) => writeStoredInTab(account, name, id),
          },
        });
        rememberName(stored);
        return stored;
      },
      post: ({ conversation }, body, options) => client.post(conversation, body, options),
      textOf: errorMessage,
      failed: ({ file }) => toast.error(t('files.messageNotSent', { name: file.name })),
    });
    ofClient.set(client, files);
  }
  return files;
}

/** Returns the number of messages that wait for their files. */
export function useWaitingForFiles(): number {
  const unsent = useUnsentFiles();
  return useSyncExternalStore(
    unsent.subscribe,
    useCallback(() => unsent.waiting.length, [unsent]),
  );
}

/** Returns the files of the message that is being written in a conversation or thread. */
export function useNewFiles({ conversation, thread = null }: DraftPlace): NewFiles {
  const unsent = useUnsentFiles();
  const place = useMemo(() => ({ conversation, thread }), [conversation, thread]);
  const { files, waiting } = useSyncExternalStore(unsent.subscribe, () => unsent.of(place));
  return useMemo(
    () => ({
      items: files,
      waiting,
      isUploaded: files.every(({ stored }) => stored !== null),
      hasFailed: files.some(({ failure }) => failure !== null),
      add: (chosen) => {
        showLeftOut(unsent.add(place, [...chosen]));
      },
      remove: (key) => unsent.remove(place, key),
      retry: (key) => unsent.retry(key),
      take: () => unsent.take(place),
      sendWhenUploaded: (body, options) => unsent.sendWhenUploaded(place, body, options),
      cancelSending: (key) => unsent.cancelSending(place, key),
    }),
    [unsent, place, files, waiting],
  );
}

/**
 * Asks before the page is closed while files are being uploaded. The end of the page or of the session ends
 * the uploads; texts of messages that wait for them become drafts: `keep` is called with each.
 */
export function useUploadsOfSession(keep: (place: DraftPlace, body: string) => void): void {
  const unsent = useUnsentFiles();
  const isBusy = useSyncExternalStore(
    unsent.subscribe,
    useCallback(() => unsent.isBusy, [unsent]),
  );
  const keepTexts = useCallback(() => {
    for (const { place, message } of unsent.waiting) keep(place, message.body);
  }, [unsent, keep]);
  useEffect(() => {
    if (!isBusy) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    const leave = (event: PageTransitionEvent) => {
      // The page may be shown again, and continues then.
      if (!event.persisted) keepTexts();
    };
    window.addEventListener('beforeunload', ask);
    window.addEventListener('pagehide', leave);
    return () => {
      window.removeEventListener('beforeunload', ask);
      window.removeEventListener('pagehide', leave);
    };
  }, [isBusy, keepTexts]);
  useEffect(
    () => () => {
      keepTexts();
      unsent.endAll();
    },
    [unsent, keepTexts],
  );
}
