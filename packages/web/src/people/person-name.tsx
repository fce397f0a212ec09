import type { AccountId } from '@parley/protocol';
import { useParley } from '../session/use-client.ts';
import { namesakes } from './same-names.ts';

/**
 * A display name as it stands among our words: isolated in its direction, and with the username
 * where another person's name looks the same.
 */
export function PersonName({ id, name }: { id: AccountId; name: string }) {
  const people = useParley((s) => s.people);
  const person = people.get(id);
  const isAmbiguous = person !== undefined && namesakes(people).has(id);
  return (
    <>
      <bdi>{name}</bdi>
      {isAmbiguous && (
        <span className="font-normal text-[0.85em] text-muted"> @{person.username}</span>
      )}
    </>
  );
}
