import { type ReactNode, useEffect } from 'react';
import { SharedValue } from '../lib/shared-value.ts';
import { t } from '../texts/index.ts';

/** Loading that takes less is not announced, ms. */
const MOMENT_MS = 500;

/** The number of placeholders that are shown. */
let shown = 0;
const isAnnounced = new SharedValue(false);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Counts a placeholder as shown. Returns a function that counts it as gone. */
export function placeholderShown(): () => void {
  shown++;
  if (shown === 1) timer = setTimeout(() => isAnnounced.set(true), MOMENT_MS);
  return () => {
    shown--;
    if (shown > 0) return;
    clearTimeout(timer);
    isAnnounced.set(false);
  };
}

/** Returns whether content has been loading for longer than a moment. */
export const isLoadingAnnounced = isAnnounced.get;

/**
 * Stands in for content that is being loaded: its children are skeletons without text. Assistive technology finds a busy
 * region, and is told once if anything on the page takes longer than a moment.
 */
export function Placeholder({ className, children }: { className?: string; children?: ReactNode }) {
  useEffect(placeholderShown, []);
  return (
    <div aria-busy="true" className={className}>
      {children}
    </div>
  );
}

/** Announces to screen readers that content is being loaded. The page has one. */
export function LoadingAnnouncer() {
  const isLoading = isAnnounced.use();
  return (
    <p aria-live="polite" className="sr-only">
      {isLoading && t('common.loading')}
    </p>
  );
}
