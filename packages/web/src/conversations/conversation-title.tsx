import type { ConversationView } from '@parley/client';
import { PersonName } from '../people/person-name.tsx';
import { useParley } from '../session/use-client.ts';
import { titleOf } from './naming.ts';

/** What a conversation is called, isolated in its direction. */
export function ConversationTitle({ view }: { view: ConversationView }) {
  const people = useParley((s) => s.people);
  const title = titleOf(view, people);
  return view.peer === null ? <bdi>{title}</bdi> : <PersonName id={view.peer} name={title} />;
}
