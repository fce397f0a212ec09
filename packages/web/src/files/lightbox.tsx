import type { Attachment } from '@parley/protocol';
import { ChevronLeft, ChevronRight, Download, X, ZoomIn, ZoomOut } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useCallback, useRef, useState } from 'react';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { useReturnFocus } from '../ui/return-focus.ts';
import { useCloseRequest } from '../ui/use-close-request.ts';
import { sizeText } from './bytes.ts';
import { useFileLinks } from './file-links.ts';
import { useLightboxKeys } from './use-lightbox-keys.ts';
import { useZoom, type ZoomControls } from './use-zoom.ts';
import { SCALE_MAX, SCALE_STEP } from './zoom.ts';

const ON_DARK = 'text-on-scrim hover:bg-on-scrim/15 hover:text-on-scrim aria-disabled:opacity-30';

/** Shows the images of a message over the whole window, one at a time, beginning with one of them. */
export function Lightbox({
  files,
  start,
  onClose,
}: {
  files: readonly Attachment[];
  start: number;
  onClose: () => void;
}) {
  const returnFocus = useReturnFocus(true);
  useCloseRequest(true, onClose);
  const [index, setIndex] = useState(start);
  const file = files[Math.min(index, files.length - 1)];
  const step = useCallback(
    (by: number) => setIndex((now) => Math.min(files.length - 1, Math.max(0, now + by))),
    [files.length],
  );
  if (!file) return null;
  return (
    <Dialog.Root open onOpenChange={(now) => !now && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-scrim-strong" />
        <Dialog.Content
          // Not its first button, which can't be used while the image is whole.
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            (event.target as HTMLElement).focus();
          }}
          onCloseAutoFocus={returnFocus}
          aria-describedby={undefined}
          className="fixed inset-0 z-50 text-on-scrim outline-none"
        >
          <Shown
            file={file}
            position={files.length > 1 ? { index, count: files.length } : null}
            onStep={step}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Which of several images is shown. */
interface Position {
  readonly index: number;
  readonly count: number;
}

/** One image, which can be enlarged, with its name and buttons. */
function Shown({
  file,
  position,
  onStep,
}: {
  file: Attachment;
  /** Null for a single image. */
  position: Position | null;
  onStep: (by: number) => void;
}) {
  const { links, retry } = useFileLinks(file.id);
  const box = useRef<HTMLDivElement>(null);
  const image = useRef<HTMLImageElement>(null);
  const zooming = useZoom(box, image, onStep);
  const { zoom } = zooming;
  // Each image starts whole. The buttons stay, and with them the focus.
  const [zoomed, setZoomed] = useState(file.id);
  if (zoomed !== file.id) {
    setZoomed(file.id);
    zooming.reset();
  }
  useLightboxKeys(zooming, onStep);
  return (
    <div className="flex h-full flex-col">
      <Header file={file} position={position} zooming={zooming} url={links?.url} />
      <div className="relative min-h-0 flex-1">
        <div
          ref={box}
          {...zooming.handlers}
          className={cx(
            'absolute inset-2 flex touch-none items-center justify-center overflow-hidden',
            zoom.scale === 1 ? 'cursor-zoom-in' : 'cursor-grab active:cursor-grabbing',
          )}
        >
          {links === null ? (
            <button type="button" className="rounded-lg p-3 underline" onClick={retry}>
              {t('files.unavailable')}
            </button>
          ) : (
            <img
              ref={image}
              src={links?.url}
              alt={file.name}
              width={file.width}
              height={file.height}
              draggable={false}
              className="max-h-full max-w-full select-none object-contain"
              style={{
                // The preview is shown until the image is loaded.
                backgroundImage: links?.previewUrl ? `url("${links.previewUrl}")` : undefined,
                backgroundSize: '100% 100%',
                transform: `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.scale})`,
              }}
            />
          )}
        </div>
        {position && <StepButtons position={position} onStep={onStep} />}
      </div>
    </div>
  );
}

/** The name and the size of an image, and the buttons that zoom it, download it and close the dialog. */
function Header({
  file,
  position,
  zooming,
  url,
}: {
  file: Attachment;
  position: Position | null;
  zooming: ZoomControls;
  /** Where the file is downloaded from; undefined while unknown. */
  url: string | undefined;
}) {
  return (
    <header className="flex items-center gap-1 p-2 ps-4 pt-[max(0.5rem,env(safe-area-inset-top))]">
      <Dialog.Title className="min-w-0 flex-1 truncate text-sm">
        <bdi>{file.name}</bdi> <span className="opacity-75">{sizeText(file.bytes)}</span>
      </Dialog.Title>
      {position && (
        <span aria-live="polite" className="px-2 text-sm tabular-nums opacity-85">
          {t('files.position', { number: position.index + 1, count: position.count })}
        </span>
      )}
      <IconButton
        label={t('files.zoomOut')}
        className={ON_DARK}
        aria-disabled={zooming.zoom.scale === 1 || undefined}
        onClick={() => zooming.by(1 / SCALE_STEP)}
      >
        <ZoomOut size={18} />
      </IconButton>
      <IconButton
        label={t('files.zoomIn')}
        className={ON_DARK}
        aria-disabled={zooming.zoom.scale === SCALE_MAX || undefined}
        onClick={() => zooming.by(SCALE_STEP)}
      >
        <ZoomIn size={18} />
      </IconButton>
      {url !== undefined && <DownloadLink file={file} url={url} />}
      <Dialog.Close asChild>
        <IconButton label={t('common.close')} className={ON_DARK}>
          <X size={18} />
        </IconButton>
      </Dialog.Close>
    </header>
  );
}

function DownloadLink({ file, url }: { file: Attachment; url: string }) {
  return (
    <a
      href={`${url}&download=1`}
      download={file.name}
      aria-label={t('files.download', { name: file.name })}
      title={t('files.download', { name: file.name })}
      className={cx(
        'inline-flex size-10 pointer-coarse:size-11 items-center justify-center rounded-lg',
        ON_DARK,
      )}
    >
      <Download size={18} />
    </a>
  );
}

/** The buttons next to an image that show the previous and the next one. */
function StepButtons({ position, onStep }: { position: Position; onStep: (by: number) => void }) {
  return (
    <>
      <IconButton
        label={t('files.previous')}
        className={cx('absolute start-3 top-1/2 -translate-y-1/2 bg-scrim', ON_DARK)}
        aria-disabled={position.index === 0 || undefined}
        onClick={() => onStep(-1)}
      >
        <ChevronLeft size={22} />
      </IconButton>
      <IconButton
        label={t('files.next')}
        className={cx('absolute end-3 top-1/2 -translate-y-1/2 bg-scrim', ON_DARK)}
        aria-disabled={position.index === position.count - 1 || undefined}
        onClick={() => onStep(1)}
      >
        <ChevronRight size={22} />
      </IconButton>
    </>
  );
}
