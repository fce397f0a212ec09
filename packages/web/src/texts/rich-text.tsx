import type { ReactElement, ReactNode } from 'react';
import { Trans } from 'react-i18next/TransWithoutContext';
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
  const values = 'values' in props ? (props.values as Record<string, string | number>) : undefined;
  return (
    <Trans
      i18n={i18n}
      i18nKey={text as string}
      components={parts as Record<string, ReactElement>}
      {...(values && { values })}
      {...(typeof values?.count === 'number' && { count: values.count })}
    />
  );
}
