import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { t } from '../texts/index.ts';
import { Button } from './button.tsx';

/** How long the button shows the result, ms. */
const RESULT_MS = 2_000;

/**
 * Copies a text, and shows whether it was copied.
 *
 * @param autoFocus focus it when it appears: where it replaces the button that created the text
 */
export function CopyButton({
  text,
  label,
  autoFocus = false,
}: {
  text: string;
  label?: string;
  autoFocus?: boolean;
}) {
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
    <Button autoFocus={autoFocus} onClick={() => void copy()} className="shrink-0">
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
