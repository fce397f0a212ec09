/** Tells a person at a terminal how far a long piece of work is. */
export interface Progress {
  /** Something that was finished, or begins: always told. */
  step(description: string): void;
  /** How far it is within a step: told every few seconds at most. */
  within(description: () => string): void;
}

const EVERY_MS = 2_000;

/** Progress as lines, each with the seconds since the beginning. */
export function progressTo(
  say: (line: string) => void,
  now: () => number = () => performance.now(),
): Progress {
  const begun = now();
  let told = begun;
  const tell = (description: string) => {
    told = now();
    say(`${((told - begun) / 1_000).toFixed(1).padStart(6)} s  ${description}`);
  };
  return {
    step: tell,
    within: (description) => {
      if (now() - told >= EVERY_MS) tell(description());
    },
  };
}

/** A number of bytes for people. */
export function inBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}

/** A count for people: `1,234 rows`. */
export function inWords(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
