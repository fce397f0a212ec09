/** Cyrillic and Greek letters, each with the Latin one that it looks like, as a small or as a capital letter. */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  (
    'аa вb еe һh нh іi јj кk мm оo рp ԛq сc ѕs тt уy ԝw хx ԁd ' +
    'αa βb εe ηh ιi κk νv οo ρp τt υu χx'
  )
    .split(' ')
    .map(([letter = '', latin = '']) => [letter, latin]),
);
const ASCII = /^[a-z0-9]*$/;
const LATIN = /\p{Script=Latin}/u;
const OTHERS = /[\p{Script=Cyrillic}\p{Script=Greek}]/gu;

/**
 * Returns a folded word with Latin letters in place of Cyrillic and Greek ones that look like them, if it has Latin
 * letters too: no language mixes them in a word. A word in one alphabet stays: “сор” is Russian, not “cop”.
 */
export function inOneScript(word: string): string {
  if (ASCII.test(word) || !LATIN.test(word)) return word;
  return word.replace(OTHERS, (letter) => LOOK_ALIKES.get(letter) ?? letter);
}
