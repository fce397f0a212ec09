/** Reports the progress of a long operation at a terminal. */
export interface Progress {
  /** Reports that a step was finished or started. */
  step(description: string): void;
  /** Reports the progress within a step, at most every two seconds. */
  within(description: () => string): void;
}

const EVERY_MS = 2_000;

/** Returns a progress that prints lines with the seconds since the start. */
export function progressTo(
  print: (line: string) => void,
  now: () => number = () => performance.now(),
): Progress {
  const startedAt = now();
  let reportedAt = startedAt;
  const report = (description: string) => {
    reportedAt = now();
    print(`${((reportedAt - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${description}`);
  };
  return {
    step: report,
    within: (description) => {
      if (now() - reportedAt >= EVERY_MS) report(description());
    },
  };
}

/** Formats a number of bytes for users. */
export function inBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}

/** Formats a count for users: `1,234 rows`. */
export function inWords(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
