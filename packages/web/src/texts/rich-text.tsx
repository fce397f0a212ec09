import { cloneElement, type ReactElement, type ReactNode } from 'react';
import { i18n } from './index.ts';
import type { TextArguments, TextKey, TextTags, TextValues } from './keys.ts';

type Values<K extends TextKey> = TextArguments<K> extends [] ? unknown : { values: TextValues<K> };

/**
 * Renders a text that contains markup: `<name/>` becomes `parts.name`, `<name>text</name>` becomes
 * `parts.name` around that text. Names and other foreign text belong into parts, never into values,
 * which are searched for tags.
 */
export function RichText<K extends TextKey>(
  props: {
    text: K;
    parts: { readonly [Name in TextTags<K>]: ReactElement };
  } & Values<K>,
): ReactNode {
  const { text, parts } = props;
  const values = 'values' in props ? (props.values as Record<string, string | number>) : {};
  return nodesOf(i18n.t(text as string, values), parts);
}

/** A tag: whether it ends an element, its name, and whether it is an element without content. */
const TAG = /<(\/?)(\w+)(\/?)>/g;

/** Returns a text with its tags replaced. Tags that have no part are shown as they are. */
function nodesOf(text: string, parts: Readonly<Record<string, ReactElement>>): ReactNode[] {
  /** The elements that are open, the outermost first: their parts and what they contain so far. */
  const open: { name: string; nodes: ReactNode[] }[] = [];
  let nodes: ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(TAG)) {
    const [tag, isEnd, name = '', isEmpty] = match;
    const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (!part || (isEnd && open.at(-1)?.name !== name)) continue;
    nodes.push(text.slice(at, match.index));
    at = match.index + tag.length;
    const key = match.index;
    if (isEmpty) nodes.push(cloneElement(part, { key }));
    else if (isEnd) {
      const element = cloneElement(part, { key }, ...nodes);
      nodes = [...(open.pop()?.nodes ?? []), element];
    } else {
      open.push({ name, nodes });
      nodes = [];
    }
  }
  nodes.push(text.slice(at));
  // An element that is not closed: its content is shown without it.
  return [...open.flatMap((outer) => outer.nodes), ...nodes];
}
