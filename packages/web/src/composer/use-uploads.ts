import type { DraftPlace } from '@parley/client';
import { useCallback } from 'react';
import { useUploadsOfSession } from '../files/use-new-files.ts';
import { useAccountId } from '../session/use-client.ts';
import { prepended, readDraft, writeDraft } from './drafts/stored-draft.ts';

/** Keeps uploads running on all pages; what could not be sent when the page is closed becomes a draft. */
export function useUploads(): void {
  const account = useAccountId();
  const keep = useCallback(
    (place: DraftPlace, body: string) =>
      writeDraft(account, place, prepended(body, readDraft(account, place))),
    [account],
  );
  useUploadsOfSession(keep);
}
