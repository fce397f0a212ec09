import type { ConversationId } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { type RefObject, useEffect } from 'react';
import { showLeftOut } from '../files/left-out.ts';
import { useUnsentFiles } from '../files/use-new-files.ts';
import { useClient } from '../session/use-client.ts';

/**
 * Attaches files that are dropped on a row to the next message of its conversation, which is opened.
 * Files dropped anywhere else than on a conversation are ignored: the browser would leave the page to
 * open them.
 */
export function useFileDrop(list: RefObject<HTMLElement | null>): void {
  const client = useClient();
  const navigate = useNavigate();
  const unsent = useUnsentFiles();
  useEffect(() => {
    let marked: HTMLElement | null = null;
    const mark = (row: HTMLElement | null) => {
      if (row === marked) return;
      marked?.removeAttribute('data-drop-target');
      row?.setAttribute('data-drop-target', '');
      marked = row;
    };
    /** Returns the row below the pointer, if the user may post in its conversation. */
    const rowAt = ({ target }: DragEvent): HTMLElement | null => {
      if (!(target instanceof Element) || !list.current?.contains(target)) return null;
      const row = target.closest<HTMLElement>('[data-row]');
      const view = client.snapshot.conversations.get(row?.dataset.row as ConversationId);
      return view?.permissions.includes('post') ? row : null;
    };
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const onDragOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      mark(rowAt(event));
    };
    const onDragLeave = (event: DragEvent) => {
      // Left the window; within it, the next element reports itself.
      if (event.relatedTarget === null) mark(null);
    };
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      const row = rowAt(event);
      mark(null);
      if (!row) return;
      const conversation = row.dataset.row as ConversationId;
      const files = [...(event.dataTransfer?.files ?? [])];
      showLeftOut(unsent.add({ conversation, thread: null }, files));
      void navigate({ to: '/c/$id', params: { id: conversation } });
    };
    window.addEventListener('dragover', onDragOver);
    window.addEventListener('dragleave', onDragLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      mark(null);
      window.removeEventListener('dragover', onDragOver);
      window.removeEventListener('dragleave', onDragLeave);
      window.removeEventListener('drop', onDrop);
    };
  }, [client, navigate, unsent, list]);
}
