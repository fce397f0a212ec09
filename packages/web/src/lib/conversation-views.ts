import type { ConversationView } from '@parley/client';
import type { AccountId, User } from '@parley/protocol';
import { t } from '../texts/index.ts';
import { listOf } from './text.ts';

/** Returns the title of a conversation as the current user sees it. */
export function titleOf(
  view: Pick<ConversationView, 'kind' | 'name' | 'peers'>,
  users: ReadonlyMap<AccountId, User>,
): string {
  if (view.kind === 'group') return view.name ?? t('conversation.group');
  if (!view.peers || view.peers.length === 0) return t('conversation.notesToSelf');
  return listOf(view.peers.map((id) => users.get(id)?.displayName ?? '…'));
}

/** Compares by the last message, newest first; by creation time if there are no messages. */
export function byActivity(a: ConversationView, b: ConversationView): number {
  const at = (v: ConversationView) => v.lastMessage?.postedAt ?? v.createdAt;
  return at(b).localeCompare(at(a));
}
