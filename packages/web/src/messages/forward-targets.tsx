import type { ConversationView } from '@parley/client';
import type { ConversationId, User } from '@parley/protocol';
import { Hash, Lock } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { byActivity, titleOf } from '../lib/conversation-views.ts';
import { fold, scoreOf } from '../lib/fuzzy.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { Avatar } from '../ui/avatar.tsx';

/** Conversations and people shown at a time. */
const SHOWN = 50;
const ICON = 24;

/** Where a message can be forwarded: a conversation, or a user with whom there is none yet. */
export interface ForwardTarget {
  readonly key: string;
  readonly title: string;
  /** The username of a user with whom there is no conversation; else empty. */
  readonly username: string;
  readonly icon: ReactNode;
  /** Returns the conversation, which is created first if necessary. */
  readonly open: () => Promise<ConversationId>;
}

/** Returns the conversations that match a text, the best match first, and then users; without a text the latest conversations. */
export function useForwardTargets(text: string): readonly ForwardTarget[] {
  const client = useClient();
  const conversations = useParley((s) => s.conversations);
  const users = useParley((s) => s.users);
  const me = useParley((s) => s.me?.id);
  return useMemo(() => {
    const query = fold(text.trim().replace(/^[@#]/, ''));
    const views = [...conversations.values()].sort(byActivity);
    const reached = new Set(views.map(({ peer }) => peer));
    const targets = views
      .filter(({ permissions }) => permissions.includes('post'))
      .map((view) => targetOfConversation(view, titleOf(view, users)));
    if (query === '') return targets.slice(0, SHOWN);
    const others = [...users.values()]
      .filter(({ id, isActive }) => isActive && id !== me && !reached.has(id))
      .map((user) => targetOfUser(user, async () => (await client.api.openDirect(user.id)).id));
    return [...targets, ...others]
      .map((target) => ({ target, score: scoreOfTarget(query, target) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, SHOWN)
      .map(({ target }) => target);
  }, [client, conversations, users, me, text]);
}

const scoreOfTarget = (query: string, { title, username }: ForwardTarget): number =>
  Math.max(scoreOf(query, fold(title)), username === '' ? 0 : scoreOf(query, fold(username)));

function targetOfConversation(view: ConversationView, title: string): ForwardTarget {
  const Icon = view.visibility === 'private' ? Lock : Hash;
  return {
    key: view.id,
    title,
    username: '',
    icon:
      view.kind === 'direct' ? (
        <Avatar id={view.peer ?? view.id} name={title} size={ICON} />
      ) : (
        <span className="flex w-6 shrink-0 justify-center text-muted">
          <Icon size={16} aria-hidden="true" />
        </span>
      ),
    open: async () => view.id,
  };
}

const targetOfUser = (
  { id, displayName, username }: User,
  open: ForwardTarget['open'],
): ForwardTarget => ({
  key: id,
  title: displayName,
  username,
  icon: <Avatar id={id} name={displayName} size={ICON} />,
  open,
});
