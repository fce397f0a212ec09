import { CheckCheck } from 'lucide-react';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';

const LINES = [
  ['Mara Lind', '09:12', 'chatPreview.booked'],
  ['Jonas Weber', '09:13', 'chatPreview.tunnel'],
  ['Mara Lind', '09:13', 'chatPreview.thursday'],
] as const;

/** Shows an example conversation, styled like the real one. */
export function ChatPreview() {
  return (
    <div
      aria-hidden="true"
      className="select-none rounded-2xl border border-line bg-canvas p-2 shadow-overlay"
    >
      <div className="flex items-center gap-2.5 border-line border-b px-3 pt-1 pb-2.5">
        <span className="font-semibold text-sm">{t('chatPreview.title')}</span>
        <span className="text-caption text-muted">{t('chatPreview.members')}</span>
      </div>
      <div className="flex flex-col gap-3.5 px-3 py-4">
        {LINES.map(([name, at, text], n) => (
          <div key={text} className="flex gap-3">
            <Avatar id={name} name={name} />
            <div className="min-w-0 flex-1 text-sm leading-snug">
              <p>
                <span className="font-semibold">{name}</span>{' '}
                <span className="text-caption text-muted">{at}</span>
              </p>
              <p className="mt-0.5 text-soft">{t(text)}</p>
              {n === 0 && (
                <span className="mt-1.5 inline-flex h-6.5 items-center gap-1.5 rounded-full border border-accent/60 bg-accent-soft px-2 text-caption text-accent-strong">
                  🎉 2
                </span>
              )}
            </div>
            {n === 2 && <CheckCheck size={15} className="shrink-0 self-end text-accent" />}
          </div>
        ))}
      </div>
    </div>
  );
}
