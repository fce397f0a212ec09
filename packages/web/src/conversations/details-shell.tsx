import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { useReturnFocus } from '../ui/return-focus.ts';

/** The container of the details of a conversation. */
interface ShellProps {
  readonly title: string;
  /** Names what is shown. A pane takes the focus when that changes: the user has just asked for it. */
  readonly part: string | null;
  readonly onClose: () => void;
  /** Called after the details have closed and the focus has returned. */
  readonly onClosed: () => void;
  readonly children: ReactNode;
}

/** The details in a pane next to the conversation, which remains usable. */
function Pane({ title, part, onClose, onClosed, children }: ShellProps) {
  const heading = useId();
  const pane = useRef<HTMLDivElement>(null);
  const returnFocus = useReturnFocus(true);
  const closed = useRef(onClosed);
  closed.current = () => {
    returnFocus(new Event('close'));
    onClosed();
  };
  useEffect(() => {
    const element = pane.current;
    // The focused element may be removed, such as a pin that another member removes.
    let focused: EventTarget | null = null;
    const remember = (event: FocusEvent) => {
      focused = event.target;
    };
    const observer = new MutationObserver(() => {
      const isGone = focused instanceof Node && !focused.isConnected;
      if (isGone && document.activeElement === document.body) element?.focus();
    });
    element?.addEventListener('focusin', remember);
    if (element) observer.observe(element, { childList: true, subtree: true });
    return () => {
      observer.disconnect();
      element?.removeEventListener('focusin', remember);
      // The focused element in the pane is removed only afterwards.
      requestAnimationFrame(() => closed.current());
    };
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: for each part that is opened
  useEffect(() => {
    const element = pane.current;
    if (!element?.contains(document.activeElement)) element?.focus({ preventScroll: true });
  }, [part]);
  return (
    <div
      ref={pane}
      role="dialog"
      tabIndex={-1}
      aria-labelledby={heading}
      onKeyDown={(event) => {
        // A dialog or a menu of the pane has closed itself.
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.stopPropagation();
        onClose();
      }}
      className="flex h-full w-96 shrink-0 flex-col border-line border-s outline-none xl:w-[27rem]"
    >
      <header className="flex items-center gap-2 border-line border-b px-4 py-2">
        <h2 id={heading} className="min-w-0 flex-1 truncate font-semibold">
          {title}
        </h2>
        <IconButton label={t('common.close')} onClick={onClose}>
          <X size={19} />
        </IconButton>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
    </div>
  );
}

/** The details of a conversation: in a pane if there is space next to it, otherwise in a dialog. */
export function DetailsShell({
  isWide,
  open,
  ...shell
}: ShellProps & { isWide: boolean; open: boolean }) {
  if (isWide) return open ? <Pane {...shell} /> : null;
  return <Dialog open={open} {...shell} />;
}
