import type { AccountId } from '@parley/protocol';
import { type ReactNode, useState } from 'react';
import { lazyPart } from '../lib/lazy-part.tsx';
import { t } from '../texts/index.ts';

const ProfileCard = lazyPart(async () => (await import('./profile-card.tsx')).ProfileCard);

/** A name that shows the profile of its user when it is clicked. */
export function ProfileButton({
  id,
  title,
  className,
  onOpen,
  children,
}: {
  id: AccountId;
  title?: string | undefined;
  className?: string;
  onOpen?: () => void;
  children: ReactNode;
}) {
  const [isShown, setShown] = useState(false);
  return (
    <>
      <button
        type="button"
        title={title ?? t('profileCard.show')}
        className={className}
        onClick={() => {
          onOpen?.();
          setShown(true);
        }}
      >
        {children}
      </button>
      {isShown && <ProfileCard id={id} onClose={() => setShown(false)} />}
    </>
  );
}
