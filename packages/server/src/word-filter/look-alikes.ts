/**
 * Cyrillic and Greek letters, each with the Latin letter that it resembles, in lower or upper case.
 */
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
 * Replaces Cyrillic and Greek letters in a folded word by Latin look-alikes, if it also has Latin
 * letters: no language mixes them in a word. A word in one alphabet is unchanged: “сор” is Russian,
 * not “cop”.
 */
export function inOneScript(word: string): string {
  if (ASCII.test(word) || !LATIN.test(word)) return word;
  return word.replace(OTHERS, (letter) => LOOK_ALIKES.get(letter) ?? letter);
}
