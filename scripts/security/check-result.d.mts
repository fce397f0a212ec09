/** What a check found: problems, a summary for when there are none, or why nothing was checked. */
export interface CheckResult {
  readonly problems: string[];
  readonly summary: string;
  readonly unchecked?: string;
}
