import { createLowlight } from 'lowlight';
import { loadGrammar } from './grammars.ts';
import type { Language } from './languages.ts';
import { type Token, tokensOf } from './tokens.ts';

/** What the page asks the worker for, one text at a time. */
export interface HighlightRequest {
  readonly language: Language;
  readonly text: string;
}

/** What the worker reports: that it has started, and the tokens; null if the text remains plain. */
export type HighlightReport =
  | { readonly state: 'started' }
  | { readonly state: 'done'; readonly tokens: readonly Token[] | null };

const lowlight = createLowlight();
const report = (what: HighlightReport): void => postMessage(what);

/** Highlights a text once the grammar of its language is loaded. */
async function highlight({ language, text }: HighlightRequest): Promise<readonly Token[] | null> {
  if (!lowlight.registered(language)) lowlight.register(language, await loadGrammar(language));
  report({ state: 'started' });
  return tokensOf(lowlight.highlight(language, text));
}

addEventListener('message', ({ data }: MessageEvent<HighlightRequest>) => {
  const done = (tokens: readonly Token[] | null) => report({ state: 'done', tokens });
  // Without its grammar, for instance offline, the text stays plain.
  highlight(data).then(done, () => done(null));
});
