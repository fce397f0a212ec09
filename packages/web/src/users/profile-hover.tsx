import type { AccountId } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { Popover } from 'radix-ui';
import type { RefObject } from 'react';
import { keys } from '../queries/keys.ts';
import { useClient } from '../session/use-client.ts';
import { ProfileFacts } from './profile-facts.tsx';

/** Shows a profile next to a name while the mouse or the focus is on it. It has nothing to select. */
export function ProfileHover({
  id,
  descriptionId,
  name,
  onEnter,
  onLeave,
  onClose,
}: {
  id: AccountId;
  /** The id of the element, by which the name is described. */
  descriptionId: string;
  name: RefObject<HTMLButtonElement | null>;
  onEnter: () => void;
  onLeave: () => void;
  onClose: () => void;
}) {
  const client = useClient();
  const { data } = useQuery({
    queryKey: keys.profile(id),
    queryFn: ({ signal }) => client.api.userProfile(id, { signal }),
  });
  const anchor = name as RefObject<HTMLButtonElement>;
  if (data === undefined) return null;
  return (
    <Popover.Root open onOpenChange={(now) => !now && onClose()}>
      <Popover.Anchor virtualRef={anchor} />
      <Popover.Portal>
        <Popover.Content
          id={descriptionId}
          role="tooltip"
          side="top"
          align="start"
          sideOffset={6}
          collisionPadding={12}
          onOpenAutoFocus={(event) => event.preventDefault()}
          onCloseAutoFocus={(event) => event.preventDefault()}
          onPointerEnter={onEnter}
          onPointerLeave={onLeave}
          className="surface-in z-50 w-80 rounded-xl border border-line bg-raised p-4 shadow-overlay"
        >
          <p className="mb-3 truncate font-semibold">
            <bdi>{data.displayName}</bdi>
          </p>
          <ProfileFacts profile={data} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
