import type { Attachment, FileId } from '@parley/protocol';
import { LIMITS } from '@parley/protocol';
import { useCallback, useEffect, useRef, useState } from 'react';
import { toast } from 'sonner';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { rememberName } from './sent-names.ts';

/** A file that is being added to a message. */
export interface NewFile {
  readonly key: number;
  readonly file: File;
  /** The uploaded fraction, from 0 to 1. */
  readonly progress: number;
  readonly stored: Attachment | null;
  /** Why the upload has failed; null if it has not. */
  readonly failure: string | null;
}

/** The files of the message that is being written. */
export interface NewFiles {
  readonly items: readonly NewFile[];
  /** The ids to post. */
  readonly ids: readonly FileId[];
  /** Whether all files are uploaded. */
  readonly isReady: boolean;
  add(files: Iterable<File>): void;
  remove(key: number): void;
  retry(key: number): void;
  /** Clears the files after they were posted. */
  clear(): void;
}

let lastKey = 0;

/** Uploads files for a new message of a conversation, as soon as they are chosen. */
export function useNewFiles(): NewFiles {
  const client = useClient();
  const [items, setItems] = useState<readonly NewFile[]>([]);
  const controllers = useRef(new Map<number, AbortController>());

  const change = useCallback((key: number, changes: Partial<NewFile>) => {
    setItems((all) => all.map((item) => (item.key === key ? { ...item, ...changes } : item)));
  }, []);
  const upload = useCallback(
    async (key: number, file: File) => {
      const controller = new AbortController();
      controllers.current.set(key, controller);
      try {
        const stored = await client.api.upload(file, {
          name: file.name,
          signal: controller.signal,
          memory: memoryOf(file),
          onProgress: (sent) => change(key, { progress: sent / Math.max(1, file.size) }),
        });
        rememberName(stored);
        change(key, { stored, progress: 1 });
      } catch (error) {
        if (!controller.signal.aborted) change(key, { failure: errorMessage(error) });
      } finally {
        controllers.current.delete(key);
      }
    },
    [client, change],
  );
  const remove = (key: number) => {
    controllers.current.get(key)?.abort(new Error('Removed'));
    setItems((all) => all.filter((item) => item.key !== key));
  };
  // Leaving the conversation cancels its uploads; after a reload of the page they continue.
  useEffect(
    () => () => {
      for (const controller of controllers.current.values()) controller.abort(new Error('Left'));
    },
    [],
  );

  const add = (files: Iterable<File>) => {
    const free = LIMITS.attachmentsPerMessage - items.length;
    const chosen = [...files];
    if (chosen.length > free)
      toast.error(t('files.tooMany', { count: LIMITS.attachmentsPerMessage }));
    const added = chosen.slice(0, Math.max(0, free)).map((file): NewFile => {
      lastKey++;
      return { key: lastKey, file, progress: 0, stored: null, failure: null };
    });
    setItems((all) => [...all, ...added]);
    for (const { key, file } of added) void upload(key, file);
  };
  return {
    items,
    ids: items.flatMap(({ stored }) => (stored ? [stored.id] : [])),
    isReady: items.every(({ stored }) => stored !== null),
    add,
    remove,
    retry: (key) => {
      const item = items.find((each) => each.key === key);
      if (!item) return;
      change(key, { failure: null });
      void upload(key, item.file);
    },
    clear: () => setItems([]),
  };
}

/** Remembers the upload of a file, so that it continues after a reload when the file is chosen again. */
function memoryOf(file: File) {
  const name = `upload.${file.name.slice(0, 200)}.${file.size}.${file.lastModified}`;
  return {
    get: () => sessionStorage.getItem(name) as FileId | null,
    set: (id: FileId | null) => {
      if (id === null) sessionStorage.removeItem(name);
      else sessionStorage.setItem(name, id);
    },
  };
}
