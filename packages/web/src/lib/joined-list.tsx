import { Children, type ReactNode } from 'react';
import { listFormat } from './text.ts';

/** Renders its children joined according to the language: “a, b, and c”. */
export function JoinedList({ children }: { children: ReactNode }) {
  const items = Children.toArray(children);
  return listFormat()
    .formatToParts(items.map((_, n) => String(n)))
    .map(({ type, value }) => (type === 'element' ? items[Number(value)] : value));
}
