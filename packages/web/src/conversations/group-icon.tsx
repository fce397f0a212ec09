import type { Conversation } from '@parley/protocol';
import { Hash, Lock } from 'lucide-react';
import { cx } from '../ui/cx.ts';
import { SquareImage } from '../ui/square-image.tsx';

const SIZE = 36;

/** Shows the avatar of a group, or a symbol of its visibility. `className` has the colours of the symbol. */
export function GroupIcon({
  group: { avatar, visibility },
  className,
}: {
  group: Pick<Conversation, 'avatar' | 'visibility'>;
  className: string;
}) {
  return (
    <span
      className={cx(
        'relative flex size-9 shrink-0 items-center justify-center rounded-[32%]',
        className,
      )}
    >
      {visibility === 'private' ? <Lock size={16} /> : <Hash size={18} />}
      {avatar && <SquareImage image={avatar} size={SIZE} />}
    </span>
  );
}
