import { LoaderCircle } from 'lucide-react';
import { cx } from './cx.ts';

/** An animation for work in progress. Text next to it says what is being done. */
export function Spinner({ size = 16, className }: { size?: number; className?: string }) {
  return <LoaderCircle size={size} aria-hidden="true" className={cx('animate-spin', className)} />;
}
