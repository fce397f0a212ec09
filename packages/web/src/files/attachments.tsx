import type { Attachment } from '@parley/protocol';
import { useState } from 'react';
import { lazyPart } from '../lib/lazy-part.tsx';
import { t } from '../texts/index.ts';
import { galleryOf } from './gallery.ts';
import { sizeShown } from './image-size.ts';

const ImageView = lazyPart(async () => (await import('./image-view.tsx')).ImageView);
const FileCard = lazyPart(async () => (await import('./file-card.tsx')).FileCard);
const Lightbox = lazyPart(async () => (await import('./lightbox.tsx')).Lightbox);

/**
 * Shows the files of a message: several images in a grid, other files as cards. Each has its final
 * size before it is loaded, so that the list of messages does not shift.
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
          <li
            key={file.id}
            className="h-15 w-80 max-w-full rounded-lg border border-line bg-raised"
          >
            <FileCard file={file} />
          </li>
        ))}
      </ul>
      {open !== null && <Lightbox files={images} start={open} onClose={() => setOpen(null)} />}
    </>
  );
}
