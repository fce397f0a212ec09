import type { AccountId, ConversationId } from '@parley/protocol';
import { readKept, writeKept } from '../session/device.ts';

/**
 * The texts of a draft that was sent and is not deleted yet. If the page is closed before the deletion, the
 * next one recognizes the draft by them and deletes it, instead of showing what was sent as a draft again.
 */
const sentName = (conversation: ConversationId): string => `draft-sent.${conversation}`;

/** Returns the texts that were sent and of which the draft may still be on the server. */
export function readSentDraft(account: AccountId, conversation: ConversationId): string[] {
  const kept = readKept(account, sentName(conversation));
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
  conversation: ConversationId,
  texts: readonly string[],
): void {
  const sent = [...new Set(texts)].filter((text) => text !== '');
  writeKept(account, sentName(conversation), sent.length > 0 ? JSON.stringify(sent) : null);
}
