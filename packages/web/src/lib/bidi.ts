/** First strong isolate, and its end (Unicode Standard Annex 9). */
const FSI = '\u2068';
const PDI = '\u2069';
/** Embeddings, overrides and isolates: unbalanced ones would reach beyond the text itself. */
const CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * Returns somebody else’s text so that it can stand within a sentence of ours, where there is no
 * markup: its direction neither turns the words around it nor is turned by them. In markup, `<bdi>`
 * does the same.
 */
export const isolate = (text: string): string => `${FSI}${text.replace(CONTROLS, '')}${PDI}`;
