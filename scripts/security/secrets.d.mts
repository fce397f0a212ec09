import type { CheckResult } from './check-result.d.mts';

/** A finding that is no secret. */
export interface Allowed {
  readonly path: string;
  readonly kind: string;
  readonly reason: string;
}
export function secretsOf(text: string): { line: number; kind: string }[];
export function checkSecrets(
  files: Iterable<{ path: string; text: string }>,
  allowed?: readonly Allowed[],
): { problems: string[]; checked: number };
export function secrets(): CheckResult;
