import type { AccountId } from '@parley/protocol';
import { readStored, writeStored } from '../session/device.ts';

/** The skin tone modifiers: none (yellow), then from light to dark. */
export const SKIN_TONES = [
  '',
  '\u{1f3fb}',
  '\u{1f3fc}',
  '\u{1f3fd}',
  '\u{1f3fe}',
  '\u{1f3ff}',
] as const;

/** The modifier of a skin tone; empty for none. */
export type SkinTone = (typeof SKIN_TONES)[number];

/** A character that has skin tones. Hands between two people have no tone of their own. */
const BASE = /(?<!\u200d)\u{1f91d}\ufe0f?|(?!\u{1f91d})\p{Emoji_Modifier_Base}\ufe0f?/gu;

/** Returns an emoji in a skin tone; all people of it have the same. */
export const withSkinTone = (emoji: string, tone: SkinTone): string =>
  tone === '' ? emoji : emoji.replace(BASE, (base) => base.replace('\ufe0f', '') + tone);

const NAME = 'skin-tone';

/** Returns the skin tone that the user has chosen on this device. */
export function skinToneOf(account: AccountId): SkinTone {
  const stored = readStored(account, NAME);
  return SKIN_TONES.find((tone) => tone === stored) ?? '';
}

/** Stores the chosen skin tone. */
export const keepSkinTone = (account: AccountId, tone: SkinTone): void =>
  writeStored(account, NAME, tone || null);
