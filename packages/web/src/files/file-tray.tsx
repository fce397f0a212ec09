import { RotateCw, X } from 'lucide-react';
import { useState } from 'react';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { sizeText } from './bytes.ts';
import type { NewFile } from './unsent-files.ts';
import type { NewFiles } from './use-new-files.ts';
import { useObjectUrl } from './use-object-url.ts';

/** Shows the files of the message that is being written, and how far they are uploaded. */
export function FileTray({ files }: { files: NewFiles }) {
  return (
    <ul aria-label={t('files.toSend')} className="mb-1.5 flex flex-wrap gap-2">
      {files.items.map((item) => (
        <Item
          key={item.key}
          item={item}
          onRemove={() => files.remove(item.key)}
          onRetry={() => files.retry(item.key)}
        />
      ))}
    </ul>
  );
}

/** The images that every browser shows. */
const IMAGE = /^image\/(png|jpeg|gif|webp|avif)$/;

/** Shows a small version of an image; nothing if it is damaged. */
function Thumbnail({ file }: { file: File }) {
  const url = useObjectUrl(file);
  const [isDamaged, setDamaged] = useState(false);
  if (isDamaged) return null;
  return (
    <span className="-ms-1 size-10 shrink-0 overflow-hidden rounded-md bg-sunken">
      {url !== null && (
        <img src={url} alt="" className="size-full object-cover" onError={() => setDamaged(true)} />
      )}
    </span>
  );
}

function Item({
  item: { file, progress, stored, failure },
  onRemove,
  onRetry,
}: {
  item: NewFile;
  onRemove: () => void;
  onRetry: () => void;
}) {
  return (
    <li className="relative flex w-64 max-w-full items-center gap-1 overflow-hidden rounded-lg border border-line bg-raised ps-3">
      {IMAGE.test(file.type) && <Thumbnail file={file} />}
      <span className="min-w-0 flex-1 py-1.5">
        <bdi className="block truncate font-medium text-note">{file.name}</bdi>
        {failure === null ? (
          <span className="block text-caption text-muted">
            {stored
              ? sizeText(file.size)
              : t('files.uploading', { percent: Math.floor(progress * 100) })}
          </span>
        ) : (
          <span role="alert" className="block text-caption text-danger">
            {failure}
          </span>
        )}
      </span>
      {failure !== null && (
        <IconButton
          label={t('files.retry', { name: file.name })}
          className="size-9"
          onClick={onRetry}
        >
          <RotateCw size={15} />
        </IconButton>
      )}
      <IconButton
        label={
          stored ? t('files.remove', { name: file.name }) : t('files.cancel', { name: file.name })
        }
        className="size-9"
        onClick={onRemove}
      >
        <X size={16} />
      </IconButton>
      {!stored && failure === null && (
        <progress
          aria-label={t('files.progress', { name: file.name })}
          value={progress}
          className="absolute inset-x-0 bottom-0 h-0.5 w-full appearance-none [&::-webkit-progress-bar]:bg-transparent [&::-webkit-progress-value]:bg-accent [&::-moz-progress-bar]:bg-accent"
        />
      )}
    </li>
  );
}
