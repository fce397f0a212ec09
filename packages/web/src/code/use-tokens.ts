import { useEffect, useState } from 'react';
import { workerScript } from '../lib/worker-script.ts';
import script from './highlight.worker.ts?worker&url';
import { Highlighter } from './highlighter.ts';
import { languageOf } from './languages.ts';
import type { Token } from './tokens.ts';

const highlighter = new Highlighter(() => new Worker(workerScript(script), { type: 'module' }));

/** Returns the tokens of a block of code; null while they are unknown, or if it stays plain. */
export function useTokens(info: string, text: string): readonly Token[] | null {
  const language = languageOf(info);
  const [found, setFound] = useState<{ text: string; tokens: readonly Token[] | null }>();
  useEffect(() => {
    if (language === null) return;
    return highlighter.request(language, text, (tokens) => setFound({ text, tokens }));
  }, [language, text]);
  if (language === null) return null;
  // A row that scrolls back into view has its colors at once.
  if (found?.text !== text) return highlighter.cachedTokens(language, text) ?? null;
  return found.tokens;
}
