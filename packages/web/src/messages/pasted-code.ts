/** Code that was pasted, and its language; empty if it is not known. */
export interface PastedCode {
  readonly language: string;
}

/** Lines that end or begin as code does. */
const CODE_LINE =
  /[;{}]\s*$|^\s*(?:[}\])]|\/\/|\/\*|#include|import |from \S+ import|export |const |let |var |def |class |func |fn |function |public |private |return\b|if \(|for \(|while \(|<\/?[a-z][\w-]*[\s>])|=>|\):\s*$|^\s+\S+ = /;
/** A share of lines that look like code from which a text is taken for code. */
const SHARE = 0.5;
/** More lines are not looked at. */
const LINES_MAX = 200;

/**
 * Returns what a pasted text is as code; null if it is none. `editorData` is what Visual Studio Code adds to the
 * clipboard (the type `vscode-editor-data`), empty from elsewhere.
 */
export function pastedCode(text: string, editorData: string): PastedCode | null {
  const lines = text.split('\n', LINES_MAX).filter((line) => line.trim() !== '');
  if (lines.length < 2) return null;
  const mode = modeOf(editorData);
  // Prose is written in editors as well.
  if (mode === 'plaintext' || mode === 'markdown') return null;
  if (mode !== null) return { language: /^[a-z0-9+#-]{1,30}$/.test(mode) ? mode : '' };
  const like = lines.filter((line) => CODE_LINE.test(line.slice(0, 500)));
  return like.length >= 2 && like.length >= lines.length * SHARE ? { language: '' } : null;
}

/** Returns the language that Visual Studio Code says; null without one. */
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
