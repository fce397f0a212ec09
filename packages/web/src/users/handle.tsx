import { direction } from '../texts/index.ts';

/**
 * Renders the name with which a user or user group is mentioned. It is written from left to right everywhere:
 * otherwise the @ would be at its end in a text from right to left.
 */
export function Handle({ name, className }: { name: string; className?: string }) {
  return (
    <bdi dir="ltr" className={className}>
      @{name}
    </bdi>
  );
}

/** Returns the same as a text. */
export const handleOf = (name: string): string =>
  direction === 'rtl' ? `\u2066@${name}\u2069` : `@${name}`;
