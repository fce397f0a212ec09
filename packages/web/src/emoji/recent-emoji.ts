import type { AccountId } from '@parley/protocol';
import { readStored, writeStored } from '../session/device.ts';

const NAME = 'recent-emoji';
/** How many are kept: three rows of the picker. */
const MOST = 27;

/** Returns the emoji that the user has chosen last on this device, the latest first; custom ones as references. */
export function recentEmoji(account: AccountId): readonly string[] {
  try {
    const stored: unknown = JSON.parse(readStored(account, NAME) ?? '[]');
    return Array.isArray(stored)
      ? stored.filter((one) => typeof one === 'string').slice(0, MOST)
      : [];
  } catch (error) {
    // The stored value was modified; it is rewritten with the next choice.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** Records that the user has chosen an emoji. */
export function noteEmoji(account: AccountId, emoji: string): void {
  const others = recentEmoji(account).filter((one) => one !== emoji);
  writeStored(account, NAME, JSON.stringify([emoji, ...others].slice(0, MOST)));
}
