import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { t } from '../texts/index.ts';
import { IconButton } from './button.tsx';
import { hasFinePointer, useReturnFocus } from './return-focus.ts';
import { useCloseRequest } from './use-close-request.ts';

const TEXT_FIELDS =
  'textarea:enabled, input:enabled:not([type=checkbox], [type=radio], [type=file], [type=range])';

/** Focuses the first text field instead of the button that closes the dialog, unless that opens an on-screen keyboard. */
function focusField(event: Event): void {
  const content = event.currentTarget;
  if (!hasFinePointer() || !(content instanceof HTMLElement)) return;
  const field = content.querySelector<HTMLElement>(TEXT_FIELDS);
  if (!field) return;
  event.preventDefault();
  field.focus();
}

/** A dialog: a bottom sheet on phones, centered on wider screens. */
export function Dialog({
  open,
  onClose,
  onClosed,
  title,
  description,
  children,
}: {
  open: boolean;
  onClose: () => void;
  /** Called after the dialog has closed and the focus has returned; the focus may now be moved. */
  onClosed?: () => void;
  title: string;
  description?: string;
  children: ReactNode;
}) {
  const returnFocus = useReturnFocus(open);
  useCloseRequest(open, onClose);
  return (
    <Radix.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          onOpenAutoFocus={focusField}
          onCloseAutoFocus={(event) => {
            returnFocus(event);
            onClosed?.();
          }}
          {...(description === undefined && { 'aria-describedby': undefined })}
          className="surface-in fixed inset-x-0 bottom-0 z-50 flex max-h-[88dvh] flex-col rounded-t-2xl border border-line bg-raised shadow-overlay outline-none sm:inset-auto sm:top-[10vh] sm:left-1/2 sm:w-[min(30rem,calc(100vw-2rem))] sm:-translate-x-1/2 sm:rounded-2xl"
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-2">
            <div className="min-w-0 flex-1 pt-1.5">
              <Radix.Title className="wrap-anywhere font-semibold text-lg">{title}</Radix.Title>
              {description !== undefined && (
                <Radix.Description className="mt-1 text-muted text-sm">
                  {description}
                </Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              <IconButton label={t('common.close')}>
                <X size={18} />
              </IconButton>
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-1 pb-[max(1.25rem,env(safe-area-inset-bottom))]">
            {children}
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
