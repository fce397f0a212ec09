type FunctionNode = { readonly start: number; readonly end: number };
export function functionsOf(file: string, source: string): readonly FunctionNode[];
export function functionAt(
  functions: readonly FunctionNode[],
  position: number,
): number | undefined;
export function functionsAffected(
  file: string,
  source: string,
  position: number,
): readonly number[] | undefined;
export function reporting(file: string, source: string): string;
