import type { Attachment } from '@parley/protocol';
import { decode } from 'blurhash';
import { useLayoutEffect, useRef, useState } from 'react';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { useFileLinks } from './file-links.ts';

/** The size of the picture that a blurhash makes. */
const BLUR = 32;

/** Shows the preview of an image in the box that it is in; a click opens the image in full. */
export function ImageView({
  file,
  isCropped = false,
  more = 0,
  onOpen,
}: {
  file: Attachment;
  /** Whether the image fills its box; otherwise all of it is shown. */
  isCropped?: boolean;
  /** How many further images of the message are not shown. */
  more?: number;
  onOpen: () => void;
}) {
  const { links, retry } = useFileLinks(file.id);
  const [state, setState] = useState<'loading' | 'loaded' | 'failed'>('loading');
  const failed = state === 'failed' || links === null;
  return (
    <button
      type="button"
      // The focus is shown above the image: the frame around it cuts off what is outside.
      className="relative block size-full outline-none focus-visible:after:absolute focus-visible:after:inset-0 focus-visible:after:border-4 focus-visible:after:border-accent focus-visible:after:outline-2 focus-visible:after:outline-raised focus-visible:after:-outline-offset-6"
      aria-label={
        failed ? t('files.loadAgain', { name: file.name }) : t('files.show', { name: file.name })
      }
      onClick={() => {
        if (!failed) return onOpen();
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
          className={cx(
            'absolute inset-0 size-full',
            isCropped ? 'object-cover' : 'object-contain',
          )}
          onLoad={() => setState('loaded')}
          onError={() => setState('failed')}
        />
      )}
      {failed && (
        <span className="absolute inset-0 flex items-center justify-center bg-raised/80 p-2 text-center text-note text-muted">
          {t('files.unavailable')}
        </span>
      )}
      {more > 0 && (
        <span className="absolute inset-0 flex items-center justify-center bg-scrim font-semibold text-on-scrim text-xl">
          {t('files.more', { count: more })}
        </span>
      )}
    </button>
  );
}

/** Draws the placeholder of an image until it is loaded. */
function Blur({ hash }: { hash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(BLUR, BLUR);
    try {
      image.data.set(decode(hash, BLUR, BLUR));
    } catch {
      // Not a blurhash: the box remains empty.
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
