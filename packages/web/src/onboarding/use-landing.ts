import type { ClientSnapshot } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useSetupSteps } from '../session/setup-steps.ts';
import { useParley } from '../session/use-client.ts';
import { landingOf } from './landing.ts';

/** Returns the default group; for guests, who are not in it, any other of their groups. */
export const firstGroupOf = ({ conversations }: ClientSnapshot): ConversationId | undefined => {
  let first: ConversationId | undefined;
  for (const { id, kind, isEveryone } of conversations.values()) {
    if (isEveryone) return id;
    if (kind === 'group') first ??= id;
  }
  return first;
};

/**
 * Takes a user to their first page once, after the first login, unless they follow a link
 * elsewhere.
 */
export function useLanding(): void {
  const navigate = useNavigate();
  const isHome = useLocation({ select: ({ pathname }) => pathname === '/' });
  const me = useParley((s) => s.me);
  const group = useParley(firstGroupOf);
  const steps = useSetupSteps();
  // What this device has stored may be older: the tour may have ended on another one.
  const isCurrent = useParley(({ state }) => state === 'live');
  const isDone = useRef(false);
  useEffect(() => {
    if (isDone.current || me === null) return;
    if (!isHome) {
      isDone.current = true;
      return;
    }
    if (!isCurrent || (me.isTourEnded === false && steps === null)) return;
    const landing = landingOf(me, steps, group);
    if (landing === null) return;
    isDone.current = true;
    // “Back” leads to the list of conversations, which is its own page on phones.
    if (landing === 'setup') void navigate({ to: '/setup' });
    else void navigate({ to: '/c/$id', params: { id: landing.conversation } });
  }, [navigate, isHome, me, group, steps, isCurrent]);
}
