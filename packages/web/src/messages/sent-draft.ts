import type { DraftPlace } from '@parley/client';
import { draftKey } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import { readKept, writeKept } from '../session/device.ts';

/**
 * The texts of a draft that was sent and is not deleted yet. If the page is closed before the deletion, the
 * next one recognizes the draft by them and deletes it, instead of showing what was sent as a draft again.
 */
const sentName = (place: DraftPlace): string => `draft-sent.${draftKey(place)}`;

/** Returns the texts that were sent and of which the draft may still be on the server. */
export function readSentDraft(account: AccountId, place: DraftPlace): string[] {
  const kept = readKept(account, sentName(place));
  try {
    const texts: unknown = JSON.parse(kept ?? '[]');
    return Array.isArray(texts) ? texts.filter((text) => typeof text === 'string') : [];
  } catch {
    // Not written by this version.
    return [];
  }
}

/** Remembers texts that were sent until their draft is deleted; none: it is. */
export function writeSentDraft(
  account: AccountId,
  place: DraftPlace,
  texts: readonly string[],
): void {
  const sent = [...new Set(texts)].filter((text) => text !== '');
  writeKept(account, sentName(place), sent.length > 0 ? JSON.stringify(sent) : null);
}
