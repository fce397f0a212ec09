import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from './button.tsx';

/** So long the button says that it has copied, ms. */
const SAID_MS = 2_000;

/** Copies a text; says so, or that the browser does not let it. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [said, setSaid] = useState<'copied' | 'refused' | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('copied');
    } catch {
      // Over plain http there is no clipboard: the text can still be selected by hand.
      setSaid('refused');
    }
  };
  return (
    <Button onClick={() => void copy()} className="shrink-0">
      {said === 'copied' ? <Check size={16} /> : <Copy size={16} />}
      <span aria-live="polite">
        {said === 'copied' ? 'Copied' : said === 'refused' ? 'Select and copy by hand' : label}
      </span>
    </Button>
  );
}
