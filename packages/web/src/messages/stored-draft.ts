import { type DraftPlace, draftKey } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import { readStored, writeStored } from '../session/device.ts';

const textName = (place: DraftPlace): string => `draft.${draftKey(place)}`;

/** Returns the text of a draft as this device has it. */
export const readDraft = (account: AccountId, place: DraftPlace): string =>
  readStored(account, textName(place)) ?? '';

/** Stores the text of a draft on this device. */
export const writeDraft = (account: AccountId, place: DraftPlace, text: string): void =>
  writeStored(account, textName(place), text || null);

/** Returns a text with another one before it, as paragraphs of their own. */
export const prepended = (before: string, text: string): string =>
  [before, text].filter((part) => part !== '').join('\n\n');
