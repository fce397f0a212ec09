import { Paperclip } from 'lucide-react';
import { type ClipboardEvent, useEffect, useRef, useState } from 'react';
import { lazyPart } from '../queries/lazy-part.tsx';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import type { NewFiles } from './use-new-files.ts';

/** {@link NewFiles} above the message field; loaded with the first file. */
export const FileTray = lazyPart(async () => (await import('./file-tray.tsx')).FileTray);

/** Lets the user choose files for a message. */
export function AttachButton({ files }: { files: NewFiles }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-attach
        onChange={(event) => {
          files.add(event.target.files ?? []);
          // The same file can be chosen again.
          event.target.value = '';
        }}
      />
      <IconButton label={t('files.attach')} onClick={() => input.current?.click()}>
        <Paperclip size={18} />
      </IconButton>
    </>
  );
}

/**
 * Adds the files of a paste, and returns whether there are any. Copied parts of documents contain
 * both text and an image of it; the text is used.
 */
export function pasteFiles(event: ClipboardEvent, files: NewFiles): boolean {
  const { clipboardData: data } = event;
  if (data.files.length === 0 || data.types.includes('text/plain')) return false;
  event.preventDefault();
  files.add(data.files);
  return true;
}

/** Whether files were dropped on the thread next to the conversation. */
export const isInThread = (place: EventTarget | null): boolean =>
  place instanceof Element && place.closest('[data-thread]') !== null;

/** Whether files were dropped on the conversation, and not on the thread or the sidebar next to it. */
export const isInConversation = (place: EventTarget | null): boolean =>
  place instanceof Element && place.closest('#content') !== null && !isInThread(place);

/**
 * Adds files dropped where `isHere` is true. Prevents the browser from opening files dropped
 * elsewhere on the page. Returns whether files are being dragged there.
 */
export function useDroppedFiles(
  files: NewFiles,
  isHere: (place: EventTarget | null) => boolean,
): boolean {
  const [isOver, setOver] = useState(false);
  const latest = useRef({ files, isHere });
  latest.current = { files, isHere };
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const onDragOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(latest.current.isHere(event.target));
    };
    const onDragLeave = (event: DragEvent) => {
      // Left the window; within it, the next element reports itself.
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      const { files: here, isHere: isOurs } = latest.current;
      if (isOurs(event.target)) here.add(event.dataTransfer?.files ?? []);
    };
    window.addEventListener('dragover', onDragOver);
    window.addEventListener('dragleave', onDragLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onDragOver);
      window.removeEventListener('dragleave', onDragLeave);
      window.removeEventListener('drop', onDrop);
    };
  }, []);
  return isOver;
}
