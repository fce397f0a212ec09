import type { CheckResult } from './check-result.d.mts';

/** What is read of a lock file. */
export interface LockFile {
  readonly packages: Record<
    string,
    { version?: string; license?: unknown; dev?: boolean; link?: boolean }
  >;
}
export function checkLicenses(lock: LockFile): { problems: string[]; checked: number };
export function licenses(): CheckResult;
