import type { ZxcvbnFactory } from '@zxcvbn-ts/core';

/** Longer passwords are judged by their beginning: the estimate takes more than linear time. */
const JUDGED = 72;

/** Loaded when the first password is set: its lists take 40 MB of memory. */
let judge: Promise<ZxcvbnFactory> | undefined;

async function load(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory: Factory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  return new Factory({ dictionary, graphs: adjacencyGraphs, maxLength: JUDGED });
}

/**
 * What is wrong with a password that is long enough; null when nothing is. Refused is what a list
 * of leaked passwords, a keyboard row, a repetition or the account’s own names (`about`) would
 * give away within a million guesses (zxcvbn score 0 or 1).
 */
export async function weaknessOf(
  password: string,
  about: readonly string[],
): Promise<string | null> {
  judge ??= load();
  const parts = about.flatMap((text) => [text, ...text.split(/[^\p{L}\p{M}\p{N}]+/u)]);
  const own = [...new Set(parts.map((p) => p.toLowerCase()))].filter((p) => p.length >= 3);
  const { score, sequence } = (await judge).check(password.slice(0, JUDGED), own);
  if (score >= 2) return null;
  const [first] = sequence;
  if (sequence.length === 1 && first?.pattern === 'dictionary') {
    return 'This password is on a list of leaked passwords';
  }
  return 'This password is easy to guess: use several words, or a longer one';
}
