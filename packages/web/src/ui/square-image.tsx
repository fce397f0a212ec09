import type { ImageId } from '@parley/protocol';
import { useState } from 'react';
import { useImageUrl } from '../session/image-token.ts';
import { useClient } from '../session/use-client.ts';
import { cx } from './cx.ts';

/** Up to this size in CSS pixels the small image is sharp enough. */
const SMALL_MAX = 36;

/**
 * Shows an image over its placeholder, which is visible until the image has loaded, and if it can’t be loaded. The
 * element around it has the size.
 */
export function SquareImage({ image, size }: { image: ImageId; size: number }) {
  const { url, onError } = useImageUrl(useClient(), image, size <= SMALL_MAX ? 64 : 256);
  const [loaded, setLoaded] = useState<string | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  if (url === null || failed === url) return null;
  return (
    <img
      src={url}
      alt=""
      width={size}
      height={size}
      loading="lazy"
      decoding="async"
      className={cx(
        'absolute inset-0 size-full rounded-avatar object-cover',
        loaded === url && 'bg-raised',
      )}
      onLoad={() => setLoaded(url)}
      onError={() => {
        setFailed(url);
        onError();
      }}
    />
  );
}
