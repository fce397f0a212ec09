import { MessagesSquare } from 'lucide-react';
import { t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';
import { Kbd } from '../ui/kbd.tsx';

/** The page beside the sidebar while no conversation is open. */
export function Home() {
  return (
    <div className="flex h-full flex-col items-center justify-center gap-3 p-8 text-center">
      <span className="flex size-16 items-center justify-center rounded-2xl bg-accent-soft text-accent-strong">
        <MessagesSquare size={30} />
      </span>
      <h1 className="mt-1 font-semibold text-xl">{t('home.title')}</h1>
      <p className="max-w-xs text-muted">
        <RichText
          text="home.choose"
          parts={{
            keys: <span className="whitespace-nowrap" />,
            key: <Kbd />,
          }}
        />
      </p>
    </div>
  );
}
