import type { ZxcvbnFactory } from '@zxcvbn-ts/core';

/** Longer passwords are judged by their beginning: the estimate takes more than linear time. */
const JUDGED = 72;

/** The name of the product, which whoever guesses tries first. */
const PRODUCT = 'parley';
/** What is left of a password without the names in it has to be at least this long. */
const REST_MIN = 8;

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
 * What is wrong with a password that is long enough; null when nothing is. `about` are the names of
 * the account and the address of the server. Refused is
 *
 * 1. what a list of leaked passwords, a keyboard row, a repetition or such a name would give away
 *    within a million guesses (zxcvbn score 0 or 1);
 * 2. what is built from names of the account, the server or the product, when what is left without
 *    them is no password of its own (`parley2026!`, `Acme-Chat-Ann1`).
 */
export async function weaknessOf(
  password: string,
  about: readonly string[],
): Promise<string | null> {
  judge ??= load();
  const all = [PRODUCT, ...about];
  const parts = all.flatMap((text) => [text, ...text.split(/[^\p{L}\p{M}\p{N}]+/u)]);
  const own = [...new Set(parts.map((p) => p.toLowerCase()))].filter((p) => p.length >= 3);
  const judged = password.slice(0, JUDGED);
  const factory = await judge;
  const { score, sequence } = factory.check(judged, own);
  if (score >= 2) {
    const rest = withoutNames(judged, own);
    if (rest === judged) return null;
    if (rest.length >= REST_MIN && factory.check(rest).score >= 2) return null;
    return 'This password is built from names: use other words';
  }
  const [first] = sequence;
  if (sequence.length === 1 && first?.pattern === 'dictionary') {
    return 'This password is on a list of leaked passwords';
  }
  return 'This password is easy to guess: use several words, or a longer one';
}

/** Characters that stand for letters, as people and those who guess write them. */
const LOOKS: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '1': 'l',
  '!': 'i',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
};

/** What is left of a password without the names, also when they are written backwards or in leet. */
function withoutNames(password: string, names: readonly string[]): string {
  const plain = [...password.toLowerCase()];
  const forms = [plain, plain.map((c) => LOOKS[c] ?? c)];
  const isInName = plain.map(() => false);
  for (const name of names) {
    const wanted = [...name];
    for (const letters of [wanted, wanted.toReversed()]) {
      for (const form of forms) {
        for (let at = 0; at + letters.length <= form.length; at++) {
          if (letters.every((c, i) => form[at + i] === c))
            isInName.fill(true, at, at + letters.length);
        }
      }
    }
  }
  return [...password].filter((_, i) => !isInName[i]).join('');
}
