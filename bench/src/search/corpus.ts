import { readFileSync } from 'node:fs';

/** Messages to search in: lines of chat logs, or made-up ones, varied so that no two copies are alike. */

/** A message of the corpus. */
export interface CorpusMessage {
  readonly body: string;
  readonly at: number;
  readonly group: number;
  readonly author: number;
}

/** The number of groups with messages. */
export const GROUPS = 60;
/** The number of accounts that write them. */
export const AUTHORS = 40;
const FIRST = Date.UTC(2005, 0, 1);
const LAST = Date.UTC(2026, 0, 1);
/** A word of many messages long ago, and of none later. */
export const FADED = 'quibberwock';
/** Characters of a script without spaces. */
const HAN = Array.from({ length: 1_500 }, (_, n) => String.fromCodePoint(0x4e00 + n * 7));
const CONSONANTS = [...'bcdfghklmnprstvwz'];
const VOWELS = [...'aeiou'];

/** Numbers from 0 to 1 from a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns the word of a rank: the same one each time. */
export function wordOf(rank: number): string {
  const random = randomOf(rank + 1);
  const syllables = 1 + Math.floor(random() * 2) + (rank > 300 ? 1 : 0);
  let word = '';
  for (let n = 0; n < syllables; n++) {
    word += CONSONANTS[Math.floor(random() * CONSONANTS.length)];
    word += VOWELS[Math.floor(random() * VOWELS.length)];
    if (random() < 0.4) word += CONSONANTS[Math.floor(random() * CONSONANTS.length)];
  }
  return word;
}

/** Returns the texts of lines `[hh:mm] <nick> text`, as in IRC logs. */
export function readLogs(files: readonly string[]): string[] {
  const texts: string[] = [];
  for (const file of files) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [, text] = /^\[\d\d:\d\d\] <[^>]+> (.+)$/.exec(line) ?? [];
      if (text !== undefined && text.trim() !== '' && !text.includes('\u0000')) texts.push(text);
    }
  }
  return texts;
}

/** Yields messages in the order of their times. Without texts they are made of made-up words. */
export function* corpus(count: number, texts: readonly string[]): Generator<CorpusMessage> {
  const random = randomOf(7);
  const zipf = (size: number) => Math.floor(size ** random()) - 1;
  const madeUp = () =>
    Array.from({ length: 3 + Math.floor(random() * 16) }, () => wordOf(zipf(60_000))).join(' ');
  for (let n = 0; n < count; n++) {
    const share = n / count;
    const roll = random();
    let body: string;
    if (roll < 0.02) {
      body = Array.from(
        { length: 5 + Math.floor(random() * 20) },
        () => HAN[zipf(HAN.length)],
      ).join('');
    } else {
      const text =
        texts.length > 0 ? (texts[Math.floor(random() * texts.length)] as string) : madeUp();
      body = text.replace(/[A-Za-z]{4,}/g, (word) =>
        random() < 0.12 ? wordOf(1_000 + zipf(400_000)) : word,
      );
      if (share < 0.1 && random() < 0.05) body += ` ${FADED}`;
      if (random() < 0.01)
        body += ` foo_${wordOf(zipf(500))}(0x${Math.floor(random() * 4096).toString(16)})`;
      if (random() < 0.02) body += ` https://example.org/${wordOf(zipf(5_000))}?id=${n}`;
    }
    const at = Math.floor(FIRST + (LAST - FIRST) * share);
    yield { body, at, group: zipf(GROUPS), author: zipf(AUTHORS) };
  }
}
