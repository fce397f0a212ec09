import type { DraftPlace } from '@parley/client';
import { draftKey } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import { readStored, writeStored } from '../../session/device.ts';

/**
 * The texts of drafts that were sent but not yet deleted. If the page is closed before the deletion, the
 * next page recognizes the draft by its text and deletes it, instead of showing a sent message as a draft.
 */
const sentName = (place: DraftPlace): string => `draft-sent.${draftKey(place)}`;

/** Returns the sent texts whose draft may still be on the server. */
export function readSentDraft(account: AccountId, place: DraftPlace): string[] {
  const stored = readStored(account, sentName(place));
  try {
    const texts: unknown = JSON.parse(stored ?? '[]');
    return Array.isArray(texts) ? texts.filter((text) => typeof text === 'string') : [];
  } catch {
    // Written by another version.
    return [];
  }
}

/** Stores the texts that were sent, until their draft is deleted; an empty list: it is deleted. */
export function writeSentDraft(
  account: AccountId,
  place: DraftPlace,
  texts: readonly string[],
): void {
  const sent = [...new Set(texts)].filter((text) => text !== '');
  writeStored(account, sentName(place), sent.length > 0 ? JSON.stringify(sent) : null);
}
