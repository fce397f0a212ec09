type Recording = {
  readonly file: string;
  readonly outside: readonly number[];
  readonly tests: readonly {
    readonly name: string;
    readonly ms: number;
    readonly functions: readonly number[];
  }[];
  readonly keys: readonly string[];
  readonly digests: Readonly<Record<string, string>>;
};
type Stage = { readonly files: readonly string[]; readonly names: readonly string[] };
export function coveringStages(
  recordings: readonly Recording[],
  mutant: { readonly file: string; readonly start: number },
  source: string,
): readonly Stage[];
export function isRecorded(recordings: readonly Recording[], file: string, source: string): boolean;
