import type { ReactNode } from 'react';

/** The names of all actions on a message except reactions. */
export const ACTION_KEYS = [
  'reply',
  'thread',
  'forward',
  'unread',
  'save',
  'remindSoon',
  'remindTomorrow',
  'remindAt',
  'pin',
  'edit',
  'copyLink',
  'copyText',
  'seenBy',
  'why',
  'readHidden',
  'unhide',
  'hide',
  'report',
  'delete',
] as const;
export type ActionKey = (typeof ACTION_KEYS)[number];

/** An action on a message. */
export interface MoreAction {
  readonly key: ActionKey;
  readonly icon: ReactNode;
  readonly label: string;
  /** Whether it deletes something. */
  readonly danger?: boolean;
  run(): void;
}
