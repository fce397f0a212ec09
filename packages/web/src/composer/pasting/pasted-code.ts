/** Code that was pasted, and its language; empty if it is not known. */
export interface PastedCode {
  readonly language: string;
}

/** Matches lines that end or begin like code. */
const CODE_LINE =
  /[;{}]\s*$|^\s*(?:[}\])]|\/\/|\/\*|#include|import |from \S+ import|export |const |let |var |def |class |func |fn |function |public |private |return\b|if \(|for \(|while \(|<\/?[a-z][\w-]*[\s>])|=>|\):\s*$|^\s+\S+ = /;
/** The share of lines that look like code at which a text counts as code. */
const SHARE = 0.5;
/** Only this many lines are examined. */
const LINES_MAX = 200;

/**
 * Returns a pasted text as code, or null if it does not look like code. `editorData` is what Visual Studio Code adds
 * to the clipboard (the type `vscode-editor-data`); empty otherwise.
 */
export function pastedCode(text: string, editorData: string): PastedCode | null {
  const lines = text.split('\n', LINES_MAX).filter((line) => line.trim() !== '');
  if (lines.length < 2) return null;
  const mode = modeOf(editorData);
  // People write prose in editors too.
  if (mode === 'plaintext' || mode === 'markdown') return null;
  if (mode !== null) return { language: /^[a-z0-9+#-]{1,30}$/.test(mode) ? mode : '' };
  const like = lines.filter((line) => CODE_LINE.test(line.slice(0, 500)));
  return like.length >= 2 && like.length >= lines.length * SHARE ? { language: '' } : null;
}

/** Returns the language that Visual Studio Code reports, or null. */
function modeOf(editorData: string): string | null {
  if (editorData === '') return null;
  try {
    const data: unknown = JSON.parse(editorData);
    if (typeof data !== 'object' || data === null || !('mode' in data)) return null;
    return typeof data.mode === 'string' ? data.mode : null;
  } catch {
    return null;
  }
}
