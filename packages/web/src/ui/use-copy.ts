import { useEffect, useState } from 'react';

/** How long the result is shown, ms. */
const RESULT_MS = 2_000;

/** Returns what copies a text, and the result of the last attempt for some seconds; null before and after. */
export function useCopy(text: string): {
  readonly result: 'copied' | 'refused' | null;
  readonly copy: () => Promise<void>;
} {
  const [result, setResult] = useState<'copied' | 'refused' | null>(null);
  useEffect(() => {
    if (result === null) return;
    const timer = setTimeout(() => setResult(null), RESULT_MS);
    return () => clearTimeout(timer);
  }, [result]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setResult('copied');
    } catch {
      // Over plain HTTP there is no clipboard API: the text can still be selected.
      setResult('refused');
    }
  };
  return { result, copy };
}
