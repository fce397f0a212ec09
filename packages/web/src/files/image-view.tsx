import type { Attachment } from '@parley/protocol';
import { decode } from 'blurhash';
import { useLayoutEffect, useRef, useState } from 'react';
import { t } from '../texts/index.ts';
import { useFileLinks } from './file-links.ts';
import { Lightbox } from './lightbox.tsx';

/** The size of the picture that a blurhash makes. */
const BLUR = 32;

/** Shows the preview of an image in the box that it is in; a click shows the image in full. */
export function ImageView({ file }: { file: Attachment }) {
  const { links, retry } = useFileLinks(file.id);
  const [state, setState] = useState<'loading' | 'loaded' | 'failed'>('loading');
  const [open, setOpen] = useState(false);
  const failed = state === 'failed' || links === null;
  return (
    <>
      <button
        type="button"
        className="relative block size-full"
        aria-label={
          failed ? t('files.loadAgain', { name: file.name }) : t('files.show', { name: file.name })
        }
        onClick={() => {
          if (!failed) return setOpen(true);
          setState('loading');
          retry();
        }}
      >
        {file.blurhash !== undefined && state !== 'loaded' && <Blur hash={file.blurhash} />}
        {links?.previewUrl && state !== 'failed' && (
          <img
            src={links.previewUrl}
            alt={file.name}
            loading="lazy"
            decoding="async"
            draggable={false}
            className="absolute inset-0 size-full object-contain"
            onLoad={() => setState('loaded')}
            onError={() => setState('failed')}
          />
        )}
        {failed && (
          <span className="absolute inset-0 flex items-center justify-center bg-raised/80 p-2 text-center text-note text-muted">
            {t('files.unavailable')}
          </span>
        )}
      </button>
      {open && links && <Lightbox file={file} links={links} onClose={() => setOpen(false)} />}
    </>
  );
}

/** Draws what stands for an image until it is loaded. */
function Blur({ hash }: { hash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(BLUR, BLUR);
    try {
      image.data.set(decode(hash, BLUR, BLUR));
    } catch {
      // Not a blurhash: the box stays plain.
      return;
    }
    context.putImageData(image, 0, 0);
  }, [hash]);
  return (
    <span aria-hidden="true" className="absolute inset-0">
      <canvas ref={canvas} width={BLUR} height={BLUR} className="size-full" />
    </span>
  );
}
