import type { en } from './en.ts';

/**
 * A catalog in any language: the keys of the English one, with the plural forms of the language.
 */
export type Catalog = {
  readonly [Section in keyof typeof en]: {
    readonly [Name in keyof (typeof en)[Section]]: string;
  } & { readonly [Name in `${string}_${'zero' | 'two' | 'few' | 'many'}`]?: string };
};

/** `code.subject`, `digest.intro_one`, …: the path of every text of the catalog. */
type Path = {
  [Section in keyof typeof en & string]: `${Section}.${keyof (typeof en)[Section] & string}`;
}[keyof typeof en & string];

type TextAt<P extends string> = P extends `${infer Section}.${infer Name}`
  ? Section extends keyof typeof en
    ? Name extends keyof (typeof en)[Section]
      ? (typeof en)[Section][Name]
      : never
    : never
  : never;

/** The key of a text. Plural forms share one key, without the suffix. */
export type TextKey = Path extends infer P
  ? P extends `${infer Key}_${'one' | 'other'}`
    ? Key
    : P
  : never;

/** `name` and `count` of “{{name}} has {{count, number}} messages”. */
type Placeholders<Text> = Text extends `${string}{{${infer Inner}}}${infer Rest}`
  ? (Inner extends `${infer Name},${string}` ? Name : Inner) | Placeholders<Rest>
  : never;

type Names<K extends string> =
  | Placeholders<TextAt<K> | TextAt<`${K}_one`> | TextAt<`${K}_other`>>
  | ([TextAt<`${K}_other`>] extends [never] ? never : 'count');

/** The values that a text contains. `count` chooses the plural form. */
export type TextValues<K extends string> = {
  readonly [Name in Names<K>]: Name extends 'count' ? number : string;
};

/** The arguments after the key: none for a text without values. */
export type TextArguments<K extends string> = [Names<K>] extends [never]
  ? []
  : [values: TextValues<K>];
