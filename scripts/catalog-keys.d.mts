export const CHOSEN_WHILE_RUNNING: Readonly<Record<string, readonly string[] | '*'>>;
export function textsOf(source: string): Map<string, string>;
export function sourceOfCatalog(language: string): string;
export function keysOf(source: string): Set<string>;
export function keysOfCatalog(): Set<string>;
export function keyProblems(
  keys: ReadonlySet<string>,
  sources: readonly { readonly file: string; readonly source: string }[],
  chosen?: Readonly<Record<string, readonly string[] | '*'>>,
): string[];
export function stringsOf(
  source: string,
  file: string,
): {
  readonly strings: readonly string[];
  readonly arguments: readonly string[];
  readonly heads: readonly string[];
};
