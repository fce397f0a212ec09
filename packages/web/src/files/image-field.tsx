import { type FileId, LIMITS } from '@parley/protocol';
import { type ReactNode, useRef, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { toast } from '../ui/toast.ts';

const TYPES = 'image/png,image/jpeg,image/gif,image/webp,image/avif';

/** Lets the user choose an image, such as an avatar, or remove it. The server crops it. */
export function ImageField({
  label,
  hasImage,
  onSet,
  onRemove,
  children,
}: {
  /** What the image shows. */
  label: string;
  hasImage: boolean;
  /** Makes an uploaded file the image. */
  onSet: (file: FileId) => Promise<unknown>;
  onRemove: () => Promise<unknown>;
  /** The image as it is now. */
  children?: ReactNode;
}) {
  const client = useClient();
  const input = useRef<HTMLInputElement>(null);
  const buttons = useRef<HTMLDivElement>(null);
  const [busy, setBusy] = useState(false);
  const work = async (change: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await change();
      toast.success(t('common.changesSaved'));
      // The button that removes the image is removed with it.
      buttons.current?.querySelector('button')?.focus();
    } catch (error) {
      toast.error(errorMessage(error));
    }
    setBusy(false);
  };
  const set = (file: File) => {
    if (file.size > LIMITS.avatarBytes) {
      toast.error(t('image.tooLarge'));
      return;
    }
    void work(async () => onSet((await client.api.upload(file, { name: file.name })).id));
  };
  return (
    <fieldset className="mb-5 flex flex-wrap items-center gap-x-4 gap-y-2">
      <legend className="sr-only">{label}</legend>
      {children}
      <div className="min-w-0">
        <input
          ref={input}
          type="file"
          accept={TYPES}
          hidden
          aria-label={label}
          onChange={(event) => {
            const [file] = event.target.files ?? [];
            if (file) set(file);
            // The same file can be chosen again.
            event.target.value = '';
          }}
        />
        <div ref={buttons} className="flex flex-wrap gap-2">
          <Button busy={busy} onClick={() => input.current?.click()}>
            {hasImage ? t('image.change') : t('image.choose')}
          </Button>
          {hasImage && (
            <Button
              look="quiet"
              aria-disabled={busy || undefined}
              onClick={() => !busy && void work(onRemove)}
            >
              {t('image.remove')}
            </Button>
          )}
        </div>
        <p className="mt-1.5 text-note text-muted">{t('image.hint')}</p>
      </div>
    </fieldset>
  );
}
