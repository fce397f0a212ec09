import { LoaderCircle } from 'lucide-react';
import { cx } from './cx.ts';

/** Turns while something is being done. What is being done is said beside it. */
export function Spinner({ size = 16, className }: { size?: number; className?: string }) {
  return <LoaderCircle size={size} aria-hidden="true" className={cx('animate-spin', className)} />;
}
