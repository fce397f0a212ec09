import { Check, Copy } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { useCopy } from '../ui/use-copy.ts';

const CodeText = lazy(async () => {
  try {
    return { default: (await import('./code-text.tsx')).CodeText };
  } catch {
    // Offline, or an outdated build: code is readable without colors.
    return { default: ({ text }: { language: string; text: string }) => text };
  }
});

/**
 * Shows a block of code with a button that copies it. Colors are added later without changing its
 * size. The button is at the start, because the message actions cover the end.
 */
export function CodeBlock({ language, text }: { language: string; text: string }) {
  const hasHeader = language !== '' || text.includes('\n');
  return (
    <figure
      aria-label={language === '' ? t('code.block') : t('code.blockIn', { language })}
      className={cx(
        'my-1.5 overflow-hidden rounded-lg border border-line bg-sunken',
        !hasHeader && 'flex items-center',
      )}
    >
      {hasHeader && (
        <div className="flex items-center gap-1 ps-3 pt-1 text-caption text-muted">
          <span className="truncate">{language === '' ? t('code.block') : language}</span>
          <CopyCode text={text} />
        </div>
      )}
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled with the keyboard
        tabIndex={0}
        dir="ltr"
        className={cx(
          'min-w-0 flex-1 overflow-x-auto px-3 pb-2 font-mono text-note leading-relaxed -outline-offset-2',
          hasHeader ? 'pt-0.5' : 'pt-2',
        )}
      >
        <code>
          {language === '' ? (
            text
          ) : (
            <Suspense fallback={text}>
              <CodeText language={language} text={text} />
            </Suspense>
          )}
        </code>
      </pre>
      {!hasHeader && <CopyCode text={text} />}
    </figure>
  );
}

function CopyCode({ text }: { text: string }) {
  const { result, copy } = useCopy(text);
  return (
    <>
      <button
        type="button"
        aria-label={t('code.copy')}
        title={t('code.copy')}
        onClick={() => void copy()}
        className="inline-flex size-7 shrink-0 items-center justify-center rounded-md text-muted -outline-offset-2 hover:bg-hover hover:text-ink pointer-coarse:size-11"
      >
        {result === 'copied' ? <Check size={14} /> : <Copy size={14} />}
      </button>
      <span aria-live="polite" className={cx(result === 'copied' && 'sr-only')}>
        {result === 'copied' ? t('ui.copied') : result === 'refused' ? t('ui.cannotCopy') : ''}
      </span>
    </>
  );
}
