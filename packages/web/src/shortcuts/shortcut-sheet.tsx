import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Dialog } from '../ui/dialog.tsx';
import { keyLabels, SHORTCUT_GROUPS, SHORTCUTS, type Shortcut } from './shortcuts.ts';
import { setSingleKeys, useSingleKeys } from './single-keys.ts';

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

/** Lists all keyboard shortcuts. */
export function ShortcutSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const areOn = useSingleKeys();
  return (
    <Dialog open={open} onClose={onClose} title={t('shortcuts.title')}>
      {(Object.keys(SHORTCUTS) as (keyof typeof SHORTCUTS)[]).map((group) => (
        <section key={group} aria-labelledby={`shortcuts-${group}`} className="mb-4">
          <h3 id={`shortcuts-${group}`} className="mb-1 font-semibold text-soft text-sm">
            {t(SHORTCUT_GROUPS[group])}
          </h3>
          <dl className="divide-y divide-line">
            {Object.values(SHORTCUTS[group]).map((shortcut: Shortcut) => (
              <div key={shortcut.text} className="flex items-center gap-3 py-1.5 text-sm">
                <dt className="min-w-0 flex-1">{t(shortcut.text)}</dt>
                <dd className="flex flex-wrap items-center justify-end gap-1.5">
                  {shortcut.keys.map((keys, n) => (
                    <Keys key={keys} keys={keys} isAlternative={n > 0} />
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <label className="flex cursor-pointer items-start gap-3 text-sm">
        <input
          type="checkbox"
          checked={areOn}
          onChange={(event) => setSingleKeys(event.target.checked)}
          className="mt-0.5 size-4 shrink-0 accent-(--accent)"
        />
        <span>
          {t('shortcuts.singleKeys')}
          <span className="block text-muted text-note">{t('shortcuts.singleKeysIntro')}</span>
        </span>
      </label>
    </Dialog>
  );
}

/** The names of keys that differ by language, as they are printed on keyboards. */
const NAMED: Readonly<Record<string, PlainKey>> = {
  Ctrl: 'shortcuts.ctrl',
  Shift: 'shortcuts.shift',
};

function nameOf(label: string): string {
  const text = NAMED[label];
  return text === undefined ? label : t(text);
}

function Keys({ keys, isAlternative }: { keys: string; isAlternative: boolean }) {
  return (
    <>
      {isAlternative && <span className="text-muted text-note">{t('shortcuts.or')}</span>}
      {keyLabels(keys, isApple).map((label) => (
        <kbd
          key={label}
          className="min-w-6 rounded border border-edge bg-sunken px-1.5 py-0.5 text-center font-sans text-note"
        >
          {isApple ? label : nameOf(label)}
        </kbd>
      ))}
    </>
  );
}
