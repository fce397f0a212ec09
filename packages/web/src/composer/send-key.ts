import type { AccountId } from '@parley/protocol';
import { readStored, writeStored } from '../session/device.ts';

const SEND_KEY = 'send-key';

/** Returns whether the user has chosen on this device that only Ctrl+Enter or ⌘+Enter sends. */
export const needsCtrlToSend = (account: AccountId): boolean =>
  readStored(account, SEND_KEY) === 'ctrl-enter';

/** Sets whether only Ctrl+Enter or ⌘+Enter sends on this device. */
export function setNeedsCtrlToSend(account: AccountId, needsCtrl: boolean): void {
  writeStored(account, SEND_KEY, needsCtrl ? 'ctrl-enter' : null);
}
