import type { Attachment, FileLinks } from '@parley/protocol';
import { Download, X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { useReturnFocus } from '../ui/return-focus.ts';
import { sizeText } from './bytes.ts';

/** Shows an image over the whole window. */
export function Lightbox({
  file,
  links,
  onClose,
}: {
  file: Attachment;
  links: FileLinks;
  onClose: () => void;
}) {
  const returnFocus = useReturnFocus(true);
  return (
    <Dialog.Root open onOpenChange={(now) => !now && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-scrim-strong" />
        <Dialog.Content
          onCloseAutoFocus={returnFocus}
          aria-describedby={undefined}
          className="fixed inset-0 z-50 flex flex-col text-on-scrim outline-none"
        >
          <header className="flex items-center gap-1 p-2 ps-4">
            <Dialog.Title className="min-w-0 flex-1 truncate text-sm">
              <bdi>{file.name}</bdi> <span className="opacity-70">{sizeText(file.bytes)}</span>
            </Dialog.Title>
            <a
              href={`${links.url}&download=1`}
              download={file.name}
              aria-label={t('files.download', { name: file.name })}
              title={t('files.download', { name: file.name })}
              className="inline-flex size-10 items-center justify-center rounded-lg hover:bg-on-scrim/15"
            >
              <Download size={18} />
            </a>
            <Dialog.Close asChild>
              <IconButton
                label={t('common.close')}
                className="text-on-scrim hover:bg-on-scrim/15 hover:text-on-scrim"
              >
                <X size={18} />
              </IconButton>
            </Dialog.Close>
          </header>
          <div className="flex min-h-0 flex-1 items-center justify-center p-2 pt-0">
            <img
              src={links.url}
              alt={file.name}
              width={file.width}
              height={file.height}
              className="max-h-full max-w-full object-contain"
            />
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
