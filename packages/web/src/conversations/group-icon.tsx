import type { Conversation } from '@parley/protocol';
import { Hash, Lock } from 'lucide-react';
import { cx } from '../ui/cx.ts';
import { SquareImage } from '../ui/square-image.tsx';

/**
 * Shows the avatar of a group, and a symbol of its visibility: in the corner of the avatar, so that
 * no image can imitate it, or in its place. `className` has the colors of the symbol.
 */
export function GroupIcon({
  group: { avatar, visibility },
  className,
  size = 36,
}: {
  group: Pick<Conversation, 'avatar' | 'visibility'>;
  className: string;
  size?: number;
}) {
  const Sign = visibility === 'private' ? Lock : Hash;
  return (
    <span
      className={cx('relative flex shrink-0 items-center justify-center rounded-avatar', className)}
      style={{ width: size, height: size }}
    >
      <Sign size={Math.round(size / 2.1)} />
      {avatar && (
        <>
          <SquareImage image={avatar} size={size} />
          <span className="absolute -end-1 -bottom-1 flex size-4 items-center justify-center rounded-full bg-sidebar text-soft">
            <Sign size={11} />
          </span>
        </>
      )}
    </span>
  );
}
