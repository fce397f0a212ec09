import type { FieldError } from '@parley/protocol';
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';

/** Longer passwords are judged by their beginning, as the estimate takes more than linear time. */
const JUDGED = 72;

/** The name of the product, which attackers try first. */
const PRODUCT = 'parley';
/** What remains of a password without names must be at least this long. */
const REST_MIN = 8;

/** Loaded with the first password, as its lists take 40 MB of memory. */
let judge: Promise<ZxcvbnFactory> | undefined;

async function load(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory: Factory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  return new Factory({ dictionary, graphs: adjacencyGraphs, maxLength: JUDGED });
}

/**
 * Returns why a password of sufficient length is weak; null when it is not. `about` are the names
 * of the account, and the name and the address of the server. Rejected is
 *
 * 1. what a list of leaked passwords, a keyboard row, a repetition or such a name makes guessable
 *    within a million attempts (zxcvbn score 0 or 1);
 * 2. what is built from names of the account, the server or the product, when the rest is not a
 *    password of its own (`parley2026!`, `Acme-Chat-Ann1`).
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
    return 'This password contains your name or the name of this server. Use other words';
  }
  const [first] = sequence;
  if (sequence.length === 1 && first?.pattern === 'dictionary') {
    return 'This password appears in a list of leaked passwords. Choose another one';
  }
  return 'This password is easy to guess. Use a longer one, or several words';
}

/** Returns the errors of a password that passed the schema. */
export async function passwordErrors(
  field: string,
  password: string | null,
  about: readonly string[],
): Promise<FieldError[]> {
  const message = password === null ? null : await weaknessOf(password, about);
  return message === null ? [] : [{ field, code: 'password_weak', message }];
}

/** Characters that replace letters in passwords (leet). */
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

/** Removes names from a password, also reversed or in leet. */
function withoutNames(password: string, names: readonly string[]): string {
  const plain = [...password.toLowerCase()];
  const forms = [plain, plain.map((c) => LOOKS[c] ?? c)];
  const isInName = plain.map(() => false);
  for (const name of names) {
    const characters = [...name];
    for (const letters of [characters, characters.toReversed()]) {
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
