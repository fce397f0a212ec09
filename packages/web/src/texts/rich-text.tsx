import { cloneElement, createElement, Fragment, type ReactElement, type ReactNode } from 'react';
import { templateOf, withValues } from './index.ts';
import type { TextArguments, TextKey, TextTags, TextValues } from './keys.ts';
import { partsOf, type TextPart } from './template.ts';

type RichValues<K extends TextKey> =
  TextArguments<K> extends [] ? unknown : { values: TextValues<K> };

/**
 * Renders a text that contains markup: `<name/>` becomes `parts.name`, `<name>text</name>` becomes
 * `parts.name` around that text. Names and other foreign text belong into parts.
 */
export function RichText<K extends TextKey>(
  props: {
    text: K;
    parts: { readonly [Name in TextTags<K>]: ReactElement };
  } & RichValues<K>,
): ReactNode {
  const { text } = props;
  const parts: Readonly<Record<string, ReactElement>> = props.parts;
  const values = 'values' in props ? (props.values as Record<string, string | number>) : {};
  const render = (part: TextPart): ReactNode => {
    if (typeof part === 'string') return withValues(part, values);
    const element = parts[part.tag];
    if (!element || part.parts.length === 0) return element;
    return cloneElement(element, undefined, ...part.parts.map(render));
  };
  return createElement(Fragment, null, ...partsOf(templateOf(text, values.count)).map(render));
}
