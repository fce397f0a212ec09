import { type DraftPlace, draftKey } from '@parley/client';
import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import { readStored, storedNames, writeStored } from '../../session/device.ts';

const TEXT = 'draft.';
const textName = (place: DraftPlace): string => `${TEXT}${draftKey(place)}`;
const baseName = (place: DraftPlace): string => `draft-base.${draftKey(place)}`;

/** Returns the text of a draft as this device has it. */
export const readDraft = (account: AccountId, place: DraftPlace): string =>
  readStored(account, textName(place)) ?? '';

/** Stores the text of a draft on this device. */
export const writeDraft = (account: AccountId, place: DraftPlace, text: string): void =>
  writeStored(account, textName(place), text || null);

/** Returns the text of a draft on the server, as far as this device knows. */
export const readDraftBase = (account: AccountId, place: DraftPlace): string =>
  readStored(account, baseName(place)) ?? '';

/** Stores the text that a draft has on the server. */
export const writeDraftBase = (account: AccountId, place: DraftPlace, text: string): void =>
  writeStored(account, baseName(place), text || null);

/** A draft as this device has it. */
export interface DeviceDraft {
  readonly conversation: ConversationId;
  readonly thread: Seq | null;
  readonly body: string;
  /** Whether this text is not yet on the server, as far as this device knows. */
  readonly isUnsaved: boolean;
}

/** Returns the drafts on this device. */
export function deviceDrafts(account: AccountId): DeviceDraft[] {
  return storedNames(account, TEXT).flatMap((name) => {
    const [conversation, root] = name.slice(TEXT.length).split('.');
    const thread = root === undefined ? null : (Number(root) as Seq);
    const place = { conversation: conversation as ConversationId, thread };
    const body = readDraft(account, place);
    if (body.trim() === '') return [];
    return [{ ...place, body, isUnsaved: body !== readDraftBase(account, place) }];
  });
}

/** Returns a text with another one before it, as paragraphs of their own. */
export const prepended = (before: string, text: string): string =>
  [before, text].filter((part) => part !== '').join('\n\n');
