import type { CheckResult } from './check-result.d.mts';

export function readAudit(output: string): CheckResult;
export function advisories(): Promise<CheckResult>;
