/** First strong isolate, and its end (Unicode Standard Annex 9). */
const FSI = '\u2068';
const PDI = '\u2069';
/** Embeddings, overrides and isolates: unbalanced ones would affect the surrounding text. */
const CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * Isolates the direction of foreign text that is inserted into a plain-text sentence: neither changes
 * the other’s direction. In markup, `<bdi>` does the same.
 */
export const isolate = (text: string): string => `${FSI}${text.replace(CONTROLS, '')}${PDI}`;
