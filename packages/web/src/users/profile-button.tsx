import type { AccountId } from '@parley/protocol';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { lazyPart } from '../queries/lazy-part.tsx';

const ProfileCard = lazyPart(async () => (await import('./profile-card.tsx')).ProfileCard);
const ProfileHover = lazyPart(async () => (await import('./profile-hover.tsx')).ProfileHover);

/** How long the mouse or the focus rests on a name until the profile appears, ms. */
const SHOW_MS = 500;
/** The time in which the mouse can move from the name to the profile, ms. */
const HIDE_MS = 200;

/** A name that shows the profile of its user: next to it on hover and focus, in a dialog when it is clicked. */
export function ProfileButton({
  id,
  className,
  onOpen,
  children,
}: {
  id: AccountId;
  className?: string;
  onOpen?: () => void;
  children: ReactNode;
}) {
  const [shown, setShown] = useState<'beside' | 'dialog' | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const descriptionId = useId();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const later = (ms: number, to: 'beside' | null) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setShown((now) => (now === 'dialog' ? now : to)), ms);
  };
  const show = () => later(SHOW_MS, 'beside');
  const hide = () => later(HIDE_MS, null);
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-describedby={shown === 'beside' ? descriptionId : undefined}
        className={className}
        onPointerEnter={(event) => event.pointerType === 'mouse' && show()}
        onPointerLeave={hide}
        onFocus={(event) => event.currentTarget.matches(':focus-visible') && show()}
        onBlur={hide}
        onClick={() => {
          clearTimeout(timer.current);
          onOpen?.();
          setShown('dialog');
        }}
      >
        {children}
      </button>
      {shown === 'beside' && (
        <ProfileHover
          id={id}
          descriptionId={descriptionId}
          name={button}
          onEnter={() => clearTimeout(timer.current)}
          onLeave={hide}
          onClose={() => setShown(null)}
        />
      )}
      {shown === 'dialog' && <ProfileCard id={id} onClose={() => setShown(null)} />}
    </>
  );
}
