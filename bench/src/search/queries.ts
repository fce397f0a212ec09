import { AUTHORS, type CorpusMessage, FADED, wordOf } from './corpus.ts';

/** A query of the measurement. */
export interface BenchQuery {
  readonly kind: string;
  readonly text: string;
  readonly sort?: 'best';
}

/** Counts words in a part of the corpus, and remembers texts to take phrases from. */
export class Sample {
  readonly #counts = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #han: string[] = [];

  add({ body }: CorpusMessage): void {
    if (/\p{Script=Han}/u.test(body)) {
      if (this.#han.length < 50) this.#han.push(body);
      return;
    }
    if (this.#texts.length < 500) this.#texts.push(body);
    for (const word of new Set(body.toLowerCase().match(/\b[a-z]{4,}\b/g) ?? [])) {
      this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
    }
  }

  /** Returns at least 60 queries of all kinds. */
  queries(): BenchQuery[] {
    const words = [...this.#counts].sort((a, b) => b[1] - a[1]).map(([word]) => word);
    const common = words.slice(0, 12);
    const middle = words.slice(200, 230);
    const rare = words.slice(-400).filter((_, n) => n % 40 === 0);
    const of = (kind: string, texts: readonly (string | undefined)[]): BenchQuery[] =>
      texts.flatMap((text) => (text === undefined ? [] : [{ kind, text }]));
    const phrases = this.#texts
      .map((text) => text.match(/\b[a-z]+ [a-z]+ [a-z]+\b/)?.[0])
      .filter((text) => text !== undefined)
      .slice(0, 6);
    return [
      ...of('rare word', rare),
      ...of('common word', common.slice(0, 8)),
      ...of('frequent long ago', [FADED, `${FADED} ${common[0]}`, FADED.slice(2, 8)]),
      ...of(
        'two words',
        middle.slice(0, 6).map((word, n) => `${word} ${common[n]}`),
      ),
      ...of(
        'phrase',
        phrases.map((text) => `"${text}"`),
      ),
      ...of(
        'part of a word',
        middle.slice(6, 12).map((word) => word.slice(1, 4)),
      ),
      ...of('beginning of a word', ['a', 'th', 'qu', 'zu']),
      ...of(
        'one character',
        this.#han.slice(0, 4).map((text) => [...text][0]),
      ),
      ...of(
        'two characters',
        this.#han.slice(4, 9).map((text) => [...text].slice(1, 3).join('')),
      ),
      ...of('no hit', [
        'xqzjv',
        'theandwas',
        'inging',
        'wordsthatnobodywrites',
        '"you have the the"',
        '鿿龥',
      ]),
      ...of(
        'in a group',
        [0, 5, 30].map((n, i) => `${common[i]} in:"Search ${n}"`),
      ),
      ...of(
        'from an author',
        [1, AUTHORS - 1].map((n, i) => `${common[i]} from:load-${n}`),
      ),
      ...of('from an author, rare', [`${rare[0]} from:load-3`, `${rare[1]} from:load-9`]),
      ...of('code', [`foo_${wordOf(3)}`, '0x1f', '::', 'foo_']),
      ...of('links', ['has:link', `has:link ${common[0]}`, 'example.org/']),
      ...of('dates', [
        `${common[0]} before:2006`,
        `${common[1]} on:2015-06`,
        `${rare[2]} after:2010`,
      ]),
      ...of('excluded', [`${common[0]} -${common[1]}`, `-${common[0]}`]),
      ...of('best first', [common[0], middle[0]]).map((query) => ({
        ...query,
        sort: 'best' as const,
      })),
    ];
  }
}
