import type { Attachment } from '@parley/protocol';
import { useState } from 'react';
import { lazyPart } from '../queries/lazy-part.tsx';
import { t } from '../texts/index.ts';
import { galleryOf } from './gallery.ts';
import { sizeShown } from './image-size.ts';
import { type Playable, playable } from './playable.ts';

const ImageView = lazyPart(async () => (await import('./image-view.tsx')).ImageView);
const FileCard = lazyPart(async () => (await import('./file-card.tsx')).FileCard);
const MediaPlayer = lazyPart(async () => (await import('./media-player.tsx')).MediaPlayer);
const Lightbox = lazyPart(async () => (await import('./lightbox.tsx')).Lightbox);

/**
 * Shows the files of a message: several images in a grid, other files as cards, with a player above the card of
 * audio and video. Each has its final size before it is loaded, so that the list of messages does not shift.
 */
export function Attachments({ files }: { files: readonly Attachment[] }) {
  const [open, setOpen] = useState<number | null>(null);
  const images = files.filter((file) => sizeShown(file) !== null);
  const others = files.filter((file) => sizeShown(file) === null);
  const [only] = images;
  const gallery = images.length > 1 ? galleryOf(images.length) : null;
  const size = gallery === null && only ? sizeShown(only) : null;
  return (
    <>
      <ul aria-label={t('files.ofMessage')} className="mt-1 mb-0.5 flex flex-wrap gap-2">
        {only && size && (
          <li
            className="max-w-full overflow-hidden rounded-lg bg-sunken"
            style={{ width: size.width, aspectRatio: `${size.width} / ${size.height}` }}
          >
            <ImageView file={only} onOpen={() => setOpen(0)} />
          </li>
        )}
        {gallery && (
          <li className="max-w-full" style={{ width: gallery.width }}>
            <ul
              aria-label={t('files.images')}
              className="grid gap-1 overflow-hidden rounded-lg"
              style={{ gridTemplateColumns: `repeat(${gallery.columns}, minmax(0, 1fr))` }}
            >
              {images.slice(0, gallery.shown).map((file, n) => (
                <li key={file.id} className="relative aspect-square bg-sunken">
                  <ImageView
                    file={file}
                    isCropped
                    more={n === gallery.shown - 1 ? images.length - gallery.shown : 0}
                    onOpen={() => setOpen(n)}
                  />
                </li>
              ))}
            </ul>
          </li>
        )}
        {others.map((file) => (
          <OtherFile key={file.id} file={file} kind={playable(file.mediaType)} />
        ))}
      </ul>
      {open !== null && <Lightbox files={images} start={open} onClose={() => setOpen(null)} />}
    </>
  );
}

/** A file that is not shown as an image. */
function OtherFile({ file, kind }: { file: Attachment; kind: Playable }) {
  return (
    <li className="w-80 max-w-full self-start rounded-lg border border-line bg-raised">
      {kind && (
        <div className={kind === 'video' ? 'aspect-video' : 'h-12 pt-1'}>
          <MediaPlayer file={file} kind={kind} />
        </div>
      )}
      <div className="h-15">
        <FileCard file={file} />
      </div>
    </li>
  );
}
