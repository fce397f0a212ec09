import type { RefusalCode } from '@parley/protocol';
import type { en } from './en.ts';

/** `login.title`, `messages.seenBy`, …: the path of every text of a catalog. */
type Paths<Node> = {
  [Name in keyof Node & string]: Node[Name] extends string ? Name : `${Name}.${Paths<Node[Name]>}`;
}[keyof Node & string];

type Path = Paths<typeof en>;

/** The suffixes that i18next chooses by the plural rules of the language. */
type Plural = 'zero' | 'one' | 'two' | 'few' | 'many' | 'other';

/** The key of a text. All plural forms share one key, without the suffix. */
export type TextKey = Path extends infer P ? (P extends `${infer Key}_${Plural}` ? Key : P) : never;

type At<Node, P extends string> = P extends `${infer Name}.${infer Rest}`
  ? Name extends keyof Node
    ? At<Node[Name], Rest>
    : never
  : P extends keyof Node
    ? Node[P]
    : never;

/** `name` and `count` of “{{name}} has {{count, number}} messages”. */
type Placeholders<Text> = Text extends `${string}{{${infer Inner}}}${infer Rest}`
  ? (Inner extends `${infer Name},${string}` ? Name : Inner) | Placeholders<Rest>
  : never;

/** `name` of “<name/> joined” and of “<name>Log in</name>”. */
type Tags<Text> = Text extends `${string}<${infer Tag}>${infer Rest}`
  ? (Tag extends `/${string}` ? never : Tag extends `${infer Name}/` ? Name : Tag) | Tags<Rest>
  : never;

/** The tags in the text of a key. */
export type TextTags<K extends string> = Tags<At<typeof en, K> | PluralTexts<K>>;

type PluralTexts<K extends string> = At<typeof en, `${K}_one`> | At<typeof en, `${K}_other`>;

type Names<K extends string> = Placeholders<At<typeof en, K> | PluralTexts<K>> | CountOf<K>;
type CountOf<K extends string> = [PluralTexts<K>] extends [never] ? never : 'count';

/** The values that the text of a key contains. `count` chooses the plural form. */
export type TextValues<K extends string> = {
  readonly [Name in Names<K>]: Name extends 'count' ? number : string | number;
};

/** The arguments after the key: none for a text without values. */
export type TextArguments<K extends string> = [Names<K>] extends [never]
  ? []
  : [values: TextValues<K>];

/** A key whose text has neither values nor tags, for constants that hold keys. */
export type PlainKey = {
  [K in TextKey]: [Names<K> | TextTags<K>] extends [never] ? K : never;
}[TextKey];

/** The plural forms of languages that have more of them than English. */
type MorePlurals = { readonly [Name in `${string}_${'zero' | 'two' | 'few' | 'many'}`]?: string };

/** The structure that the catalog of another language has: the same keys with other texts. */
export type Catalog<Node = typeof en> = {
  readonly [Name in keyof Node]: Node[Name] extends string ? string : Catalog<Node[Name]>;
} & MorePlurals;

/** The texts of another language for the errors of the server, which writes English. */
export interface ErrorTexts {
  readonly problems: { readonly [Code in Exclude<RefusalCode, InternalCode>]: string };
  readonly fields: { readonly [Code in 'missing' | 'domain_refused' | 'password_weak']: string };
  /** What any other wrong field shows. */
  readonly otherField: string;
}

/** Codes that the web client causes only by its own fault: it says that something went wrong. */
type InternalCode =
  | 'invalid_json'
  | 'unknown_frame'
  | 'unsupported_media_type'
  | 'client_id_reused'
  | 'idempotency_key_required'
  | 'method_not_allowed'
  | 'file_range'
  | 'upload_version'
  | 'upload_conflict';

/** All texts of a language. */
export interface Translation {
  readonly texts: Catalog;
  /** English has none: it shows what the server says. */
  readonly errors?: ErrorTexts;
}
