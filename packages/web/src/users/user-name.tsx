import type { AccountId } from '@parley/protocol';
import { useUser } from '../session/entries.ts';
import { Handle } from './handle.tsx';

/**
 * Renders a display name with its text direction isolated, and with the username where another
 * user's display name looks the same.
 */
export function UserName({ id, name }: { id: AccountId; name: string }) {
  const user = useUser(id);
  return (
    <>
      <bdi>{name}</bdi>
      {user?.nameIsShared && (
        <span className="font-normal text-[0.85em] text-muted">
          {' '}
          <Handle name={user.username} />
        </span>
      )}
    </>
  );
}
