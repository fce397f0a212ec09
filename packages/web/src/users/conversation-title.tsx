import type { ConversationView } from '@parley/client';
import { titleOf } from '../lib/conversation-views.ts';
import { useParley } from '../session/use-client.ts';
import { UserName } from './user-name.tsx';

/** Renders the title of a conversation with its text direction isolated. */
export function ConversationTitle({ view }: { view: ConversationView }) {
  const users = useParley((s) => s.users);
  const title = titleOf(view, users);
  return view.peer === null ? <bdi>{title}</bdi> : <UserName id={view.peer} name={title} />;
}
