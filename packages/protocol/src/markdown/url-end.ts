/** Characters that end a URL: white space, quotes, angle brackets and bidirectional controls. */
const URL_END = /[\s<>"'`\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
/** Punctuation that belongs to the sentence if it follows a URL. */
const SENTENCE_PUNCTUATION = new Set('.,;:!?]}»”’');

/** Returns where the URL that starts at `start` ends, without the punctuation of the sentence. */
export function urlEnd(text: string, start: number): number {
  URL_END.lastIndex = start;
  let end = URL_END.exec(text)?.index ?? text.length;
  // A closing parenthesis belongs to the URL if it has an opening one, as in Wikipedia's URLs.
  let unopened = 0;
  for (let i = start; i < end; i++) {
    if (text[i] === '(') unopened--;
    else if (text[i] === ')') unopened++;
  }
  for (; end > start; end--) {
    const last = text[end - 1] as string;
    if (last === ')' && unopened > 0) unopened--;
    else if (!SENTENCE_PUNCTUATION.has(last)) break;
  }
  return end;
}
