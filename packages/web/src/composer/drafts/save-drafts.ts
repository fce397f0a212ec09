import type { ParleyClient } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import { charactersLeft } from './sendable.ts';
import { readSentDraft } from './sent-draft.ts';
import { type DeviceDraft, readDraft, readDraftBase, writeDraftBase } from './stored-draft.ts';

/**
 * Saves drafts that were written without a network connection, in conversations that were left before it was restored.
 * Where another device has changed the draft meanwhile, nothing is saved until its conversation is opened.
 */
export async function saveDrafts(
  client: ParleyClient,
  account: AccountId,
  drafts: readonly DeviceDraft[],
): Promise<void> {
  for (const { conversation, thread, body } of drafts) {
    const place = { conversation, thread };
    const isSavable =
      client.snapshot.conversations.has(conversation) &&
      charactersLeft(body) >= 0 &&
      readSentDraft(account, place).length === 0 &&
      (client.drafts.get(place)?.body ?? '') === readDraftBase(account, place);
    if (!isSavable) continue;
    await client.drafts.save(place, body);
    // It may have been changed meanwhile.
    if (readDraft(account, place) === body) writeDraftBase(account, place, body);
  }
}
