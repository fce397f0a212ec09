import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { t } from '../texts/index.ts';
import { Button } from './button.tsx';

/** How long the button shows the result, ms. */
const RESULT_MS = 2_000;

/** Copies a text, and shows whether it was copied. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
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
  return (
    <Button onClick={() => void copy()} className="shrink-0">
      {result === 'copied' ? <Check size={16} /> : <Copy size={16} />}
      <span aria-live="polite">
        {result === 'copied'
          ? t('ui.copied')
          : result === 'refused'
            ? t('ui.cannotCopy')
            : (label ?? t('ui.copy'))}
      </span>
    </Button>
  );
}
