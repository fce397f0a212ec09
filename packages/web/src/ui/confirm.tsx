import { AlertDialog } from 'radix-ui';
import { t } from '../texts/index.ts';
import { Button } from './button.tsx';
import { useReturnFocus } from './return-focus.ts';
import { useCloseRequest } from './use-close-request.ts';

/** Asks for confirmation. */
export function Confirm({
  open,
  title,
  description,
  action,
  onCancel,
  onConfirm,
  onClosed,
}: {
  open: boolean;
  title: string;
  description: string;
  action: string;
  onCancel: () => void;
  onConfirm: () => void;
  /** Called after the dialog has closed and the focus has returned; the focus may now be moved. */
  onClosed?: () => void;
}) {
  const returnFocus = useReturnFocus(open);
  useCloseRequest(open, onCancel);
  return (
    <AlertDialog.Root open={open} onOpenChange={(now) => !now && onCancel()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-60 bg-scrim" />
        <AlertDialog.Content
          onCloseAutoFocus={(event) => {
            returnFocus(event);
            onClosed?.();
          }}
          className="surface-in fixed top-[22vh] left-1/2 z-60 w-[min(24rem,calc(100vw-2rem))] -translate-x-1/2 rounded-2xl border border-line bg-raised p-5 shadow-overlay outline-none"
        >
          <AlertDialog.Title className="wrap-anywhere font-semibold text-lg">
            {title}
          </AlertDialog.Title>
          <AlertDialog.Description className="wrap-anywhere mt-2 text-muted">
            {description}
          </AlertDialog.Description>
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>{t('common.cancel')}</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild>
              <Button look="danger" onClick={onConfirm}>
                {action}
              </Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
