import type { ConversationView } from '@parley/client';
import type { AccountId, User } from '@parley/protocol';

/** What a conversation is called for the one who looks at it. */
export function titleOf(
  view: Pick<ConversationView, 'kind' | 'name' | 'peer'>,
  users: ReadonlyMap<AccountId, User>,
): string {
  if (view.kind === 'group') return view.name ?? 'Group';
  if (view.peer === null) return 'Notes to self';
  return users.get(view.peer)?.displayName ?? '…';
}

/** Unread messages as a mark shows them. */
export const unreadText = (unread: number): string => (unread > 99 ? '99+' : String(unread));

/** The latest on top; what nobody has written in yet by its making. */
export function byActivity(a: ConversationView, b: ConversationView): number {
  const at = (v: ConversationView) => v.lastMessage?.postedAt ?? v.createdAt;
  return at(b).localeCompare(at(a));
}
