import type { ConversationView } from '@parley/client';
import { type RefObject, useEffect, useRef } from 'react';
import { t } from '../texts/index.ts';

/** Says why the user cannot post here, in place of the composer. */
export function NoComposer({
  view,
  isPeerDeactivated,
  hadFocus,
}: {
  view: ConversationView;
  /** Whether the account of the only other member is deactivated, who would not read a message. */
  isPeerDeactivated: boolean;
  /** Whether the composer that it replaces had the focus. */
  hadFocus: RefObject<boolean>;
}) {
  const text = useRef<HTMLParagraphElement>(null);
  // Otherwise the focus would return to the start of the page.
  useEffect(() => {
    if (hadFocus.current) text.current?.focus();
    hadFocus.current = false;
  }, [hadFocus]);
  return (
    <p
      ref={text}
      role="status"
      tabIndex={-1}
      className="mx-3 mb-[max(0.75rem,env(safe-area-inset-bottom))] rounded-xl border border-line px-3.5 py-3 text-center text-muted outline-none sm:mx-5"
    >
      {isPeerDeactivated ? t('composer.deactivated') : reasonOf(view)}
    </p>
  );
}

function reasonOf({ archivedAt, minimumRoles }: ConversationView): string {
  if (archivedAt !== null) return t('composer.archived');
  return minimumRoles?.post === 'owner' ? t('composer.ownersOnly') : t('composer.adminsOnly');
}
