import type { Attachment } from '@parley/protocol';
import { lazyPart } from '../lib/lazy-part.tsx';
import { t } from '../texts/index.ts';
import { sizeShown } from './image-size.ts';

const ImageView = lazyPart(async () => (await import('./image-view.tsx')).ImageView);
const FileCard = lazyPart(async () => (await import('./file-card.tsx')).FileCard);

/**
 * Shows the files of a message. Each has its final size before anything of it is loaded, so that the
 * list of messages does not move.
 */
export function Attachments({ files }: { files: readonly Attachment[] }) {
  return (
    <ul aria-label={t('files.ofMessage')} className="mt-1 mb-0.5 flex flex-wrap gap-2">
      {files.map((file) => {
        const size = sizeShown(file);
        return size ? (
          <li
            key={file.id}
            className="max-w-full overflow-hidden rounded-lg bg-sunken"
            style={{ width: size.width, aspectRatio: `${size.width} / ${size.height}` }}
          >
            <ImageView file={file} />
          </li>
        ) : (
          <li
            key={file.id}
            className="h-15 w-80 max-w-full rounded-lg border border-line bg-raised"
          >
            <FileCard file={file} />
          </li>
        );
      })}
    </ul>
  );
}
