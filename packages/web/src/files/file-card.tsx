import type { Attachment } from '@parley/protocol';
import { Download, File, FileAudio, FileText, FileVideo } from 'lucide-react';
import { t } from '../texts/index.ts';
import { sizeText } from './bytes.ts';
import { fileKind } from './file-kind.ts';
import { useFileLinks } from './file-links.ts';

/** Shows a file with its name, kind and size; a click downloads it. */
export function FileCard({ file }: { file: Attachment }) {
  const { links, retry } = useFileLinks(file.id);
  const Icon = iconOf(file.mediaType);
  const content = (
    <>
      <Icon size={22} aria-hidden="true" className="shrink-0 text-muted" />
      <span className="min-w-0 flex-1">
        <bdi className="block truncate font-medium text-sm">{file.name}</bdi>
        <span className="block text-caption text-muted">
          {links === null
            ? t('files.unavailable')
            : t('files.kindAndSize', {
                kind: fileKind(file.name, file.mediaType),
                size: sizeText(file.bytes),
              })}
        </span>
      </span>
    </>
  );
  const look =
    'flex size-full items-center gap-2.5 rounded-lg px-3 text-start hover:bg-hover focus-visible:bg-hover';
  if (!links) {
    return (
      <button
        type="button"
        className={look}
        title={t('files.loadAgain', { name: file.name })}
        disabled={links === undefined}
        onClick={retry}
      >
        {content}
      </button>
    );
  }
  return (
    <a
      href={`${links.url}&download=1`}
      download={file.name}
      title={t('files.download', { name: file.name })}
      className={look}
    >
      {content}
      <Download size={17} aria-hidden="true" className="shrink-0 text-muted" />
    </a>
  );
}

function iconOf(mediaType: string) {
  if (mediaType.startsWith('audio/')) return FileAudio;
  if (mediaType.startsWith('video/')) return FileVideo;
  return mediaType.startsWith('text/') || mediaType === 'application/pdf' ? FileText : File;
}
