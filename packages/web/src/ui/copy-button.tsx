import { Check, Copy } from 'lucide-react';
import { t } from '../texts/index.ts';
import { Button } from './button.tsx';
import { useCopy } from './use-copy.ts';

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
  const { result, copy } = useCopy(text);
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
