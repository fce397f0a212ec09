/** A regular expression of a source file; `source` is null where it is put together at run time. */
export interface Pattern {
  readonly source: string | null;
  readonly flags: string;
  readonly file: string;
  readonly line: number;
}
export function patternsOf(text: string, file: string): Pattern[];
export function patternsOfPackages(): Pattern[];
export function problemOf(pattern: Pattern): Promise<string | null>;
export function checkPackages(): Promise<{ problems: string[]; checked: number }>;
