import { LogOut } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { type RefObject, useState } from 'react';
import { SavedMessages } from '../personal/saved-messages.tsx';
import { lazyPart } from '../queries/lazy-part.tsx';
import { logout } from '../session/session.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Confirm } from '../ui/confirm.tsx';
import { MENU, MENU_ITEM, MENU_LINE } from '../ui/menu-style.ts';
import { useReturnFocus } from '../ui/return-focus.ts';
import { PageItems, StatusItems } from './own-menu-pages.tsx';
import { NotificationItems, ThemeItems } from './own-menu-preferences.tsx';

const StatusDialog = lazyPart(async () => (await import('./status-dialog.tsx')).StatusDialog);

/** The items of the account menu, and the dialogs that they open. Shown below `button`, in the same positioned box. */
export function OwnMenuItems({
  isOpen,
  onOpenChange,
  button,
}: {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  button: RefObject<HTMLButtonElement | null>;
}) {
  const me = useParley((s) => s.me);
  const [isSavedShown, setSavedShown] = useState(false);
  const [isStatusShown, setStatusShown] = useState(false);
  /** What a logout would discard; 0 unless the user is asked. */
  const [unsent, setUnsent] = useState(0);
  const askOrLogOut = useLogoutQuestion(setUnsent);
  const returnFocus = useReturnFocus(isOpen, button);
  return (
    <>
      <DropdownMenu.Root modal={false} open={isOpen} onOpenChange={onOpenChange}>
        <DropdownMenu.Trigger asChild>
          <span aria-hidden className="pointer-events-none absolute inset-0" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            align="end"
            sideOffset={6}
            collisionPadding={8}
            aria-labelledby={button.current?.id}
            onCloseAutoFocus={returnFocus}
            // The button closes the menu itself.
            onInteractOutside={(event) => {
              if (button.current?.contains(event.target as Node)) event.preventDefault();
            }}
            className={`${MENU} w-64`}
          >
            <div className="px-2.5 pt-1.5 pb-2.5">
              <p className="truncate font-semibold">
                <bdi>{me?.displayName}</bdi>
              </p>
              <p className="truncate text-muted text-sm">@{me?.username}</p>
            </div>
            <Separator />
            <StatusItems onSetStatus={() => setStatusShown(true)} />
            <PageItems onShowSaved={() => setSavedShown(true)} />
            <Separator />
            <ThemeItems />
            <Separator />
            <NotificationItems />
            <Separator />
            <DropdownMenu.Item className={MENU_ITEM} onSelect={() => void askOrLogOut()}>
              <LogOut size={16} /> {t('common.logOut')}
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <Confirm
        open={unsent > 0}
        title={t('logOut.unsentTitle', { count: unsent })}
        description={t('logOut.unsentDescription')}
        action={t('logOut.unsentConfirm')}
        onCancel={() => setUnsent(0)}
        onConfirm={() => void logout()}
      />
      {isStatusShown && <StatusDialog onClose={() => setStatusShown(false)} />}
      {isSavedShown && <SavedMessages onClose={() => setSavedShown(false)} />}
    </>
  );
}

/** Returns a function that logs out, or passes on how many unsent changes of all tabs that would discard. */
function useLogoutQuestion(ask: (unsent: number) => void): () => Promise<void> {
  const client = useClient();
  return async () => {
    const unsent = await client.countUnsent();
    if (unsent > 0) ask(unsent);
    else await logout();
  };
}

const Separator = () => <DropdownMenu.Separator className={MENU_LINE} />;
