import { CaseSensitive, Eye, EyeOff, SendHorizontal } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { AttachButton } from '../files/attach-button.tsx';
import type { NewFiles } from '../files/use-new-files.ts';
import { lazyPart } from '../queries/lazy-part.tsx';
import { readStored, writeStored } from '../session/device.ts';
import { useAccountId } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { FormatBar } from './formatting/format-bar.tsx';
import { InsertEmoji } from './insert-emoji.tsx';
import type { MessageField } from './use-message-field.tsx';

const Preview = lazyPart(async () => (await import('./preview.tsx')).Preview);
const BAR = 'format-bar';

/** The box around a message field: formatting, preview, emoji, files and the send button. */
export function ComposerBox({
  text,
  messageField: { field, area, limits, offer },
  files,
  isDropTarget,
  isReady,
  sendLabel,
  actions,
  sendActions,
  footer,
}: {
  text: string;
  messageField: MessageField;
  files: NewFiles;
  /** Whether files are being dragged over the drop target. */
  isDropTarget: boolean;
  /** Whether the message can be sent. */
  isReady: boolean;
  sendLabel: string;
  /** More buttons next to those that add something. */
  actions?: ReactNode;
  /** More buttons before the send button. */
  sendActions?: ReactNode;
  /** Shown below the buttons. */
  footer?: ReactNode;
}) {
  const [hasBar, toggleBar] = useFormatBar();
  const [wantsPreview, setPreview] = useState(false);
  const isEmpty = text.trim() === '';
  // After a message is sent, the field is empty: leave the preview to type the next one.
  useEffect(() => {
    if (isEmpty) setPreview(false);
  }, [isEmpty]);
  const isPreview = wantsPreview && !isEmpty;
  return (
    <div className="relative rounded-xl border border-edge bg-raised p-1 shadow-raised transition focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/15">
      {hasBar && !isPreview && <FormatBar field={field} />}
      <div className={cx(isPreview && 'hidden')}>{area}</div>
      {isPreview && <Preview text={text} />}
      {offer}
      <div className="flex items-center">
        <AttachButton files={files} />
        <InsertEmoji field={field} />
        <IconButton
          label={t(hasBar ? 'format.hide' : 'format.show')}
          aria-expanded={hasBar}
          onClick={toggleBar}
        >
          <CaseSensitive size={20} />
        </IconButton>
        {!isEmpty && (
          <IconButton
            label={t(isPreview ? 'composer.edit' : 'composer.preview')}
            onClick={() => {
              setPreview(!isPreview);
              if (isPreview) setTimeout(() => field.current?.focus());
            }}
          >
            {isPreview ? <EyeOff size={18} /> : <Eye size={18} />}
          </IconButton>
        )}
        {actions}
        <span className="flex-1" />
        {limits}
        {sendActions}
        <button
          type="submit"
          aria-label={sendLabel}
          title={sendLabel}
          disabled={!isReady}
          className="inline-flex size-10 pointer-coarse:size-11 shrink-0 items-center justify-center rounded-lg bg-accent text-on-accent transition-colors hover:bg-accent-strong disabled:bg-transparent disabled:text-muted"
        >
          <SendHorizontal size={18} />
        </button>
      </div>
      {footer}
      {isDropTarget && (
        <div className="pointer-events-none absolute inset-0 z-10 flex items-center justify-center rounded-xl border-2 border-accent border-dashed bg-accent-soft font-medium text-accent-strong text-sm">
          {t('files.drop')}
        </div>
      )}
    </div>
  );
}

/** Whether the formatting bar is shown, stored on this device; shown by default if there is a keyboard and space. */
function useFormatBar(): [boolean, () => void] {
  const account = useAccountId();
  const [isShown, setShown] = useState(() => {
    const stored = readStored(account, BAR);
    return stored === null
      ? window.matchMedia('(pointer: fine) and (min-width: 48rem)').matches
      : stored === 'shown';
  });
  const toggle = () => {
    setShown(!isShown);
    writeStored(account, BAR, isShown ? 'hidden' : 'shown');
  };
  return [isShown, toggle];
}
