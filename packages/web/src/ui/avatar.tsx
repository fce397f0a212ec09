import type { AccountId, ImageId } from '@parley/protocol';
import type { CSSProperties } from 'react';
import { useUser } from '../session/entries.ts';
import { PresenceDot, type ShownPresence } from './presence-dot.tsx';
import { SquareImage } from './square-image.tsx';

/**
 * Shows the avatar of an account, or its initials on a color derived from its id, and its presence.
 */
export function Avatar({
  id,
  name,
  size = 36,
  presence,
  avatar = null,
}: {
  id: string;
  name: string;
  size?: number;
  presence?: ShownPresence | undefined;
  /** The avatar, from an answer of the server: of accounts that the client does not know, on large servers. */
  avatar?: ImageId | null | undefined;
}) {
  const current = useUser(id as AccountId)?.avatar;
  const image = current === undefined ? avatar : current;
  return (
    <span
      className="relative inline-flex shrink-0"
      style={{ width: size, height: size }}
      aria-hidden="true"
    >
      <span
        // The initials are decoration: as CSS content they are not part of the page’s text.
        data-initials={initials(name)}
        className="flex size-full select-none items-center justify-center rounded-avatar bg-avatar font-semibold text-on-avatar after:content-[attr(data-initials)]"
        style={{ '--hue': hueOf(id), fontSize: Math.round(size * 0.38) } as CSSProperties}
      />
      {image && <SquareImage image={image} size={size} />}
      {presence && <PresenceDot presence={presence} size={Math.max(12, size * 0.42)} />}
    </span>
  );
}

function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/u)
    .filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
  return letters.map((w) => [...(w ?? '?')][0]?.toUpperCase() ?? '?').join('');
}

function hueOf(id: string): number {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (hash * 31 + id.charCodeAt(i)) >>> 0;
  return hash % 360;
}
