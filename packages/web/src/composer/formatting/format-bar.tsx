import {
  Bold,
  Code,
  Italic,
  Link,
  List,
  ListOrdered,
  type LucideIcon,
  SquareCode,
  Strikethrough,
  TextQuote,
} from 'lucide-react';
import type { RefObject } from 'react';
import { applyChange, fieldTextOf } from '../../lib/field-text.ts';
import { t } from '../../texts/index.ts';
import type { PlainKey } from '../../texts/keys.ts';
import { useToolbarKeys } from '../../ui/use-toolbar-keys.ts';
import { keysText } from './format-keys.ts';
import { type Format, formatChange } from './formats.ts';

/** The buttons in groups, separated by a line. */
const BUTTONS: readonly (readonly (readonly [Format, PlainKey, LucideIcon])[])[] = [
  [
    ['bold', 'format.bold', Bold],
    ['italic', 'format.italic', Italic],
    ['strikethrough', 'format.strikethrough', Strikethrough],
  ],
  [['link', 'format.link', Link]],
  [
    ['numbered-list', 'format.numberedList', ListOrdered],
    ['bulleted-list', 'format.bulletedList', List],
    ['quote', 'format.quote', TextQuote],
  ],
  [
    ['code', 'format.code', Code],
    ['code-block', 'format.codeBlock', SquareCode],
  ],
];
/** The formats in the order of their buttons. */
const ORDER = BUTTONS.flatMap((group) => group.map(([format]) => format));
const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** Buttons that set Markdown formats in a field. One tab stop; arrow keys move between them. */
export function FormatBar({ field }: { field: RefObject<HTMLTextAreaElement | null> }) {
  const set = (format: Format) => {
    const area = field.current;
    if (area) applyChange(area, formatChange(format, fieldTextOf(area)));
  };
  const { handlers, tabIndexOf } = useToolbarKeys();
  return (
    <div
      role="toolbar"
      {...handlers}
      aria-label={t('format.title')}
      className="flex items-center gap-0.5 overflow-x-auto px-1"
    >
      {BUTTONS.map((group, n) => (
        <div key={group[0]?.[0]} className="flex items-center gap-0.5">
          {n > 0 && <span aria-hidden="true" className="mx-1 h-4 w-px bg-line" />}
          {group.map(([format, key, Icon]) => (
            <button
              key={format}
              type="button"
              tabIndex={tabIndexOf(ORDER.indexOf(format))}
              aria-label={t(key)}
              title={`${t(key)} (${keysText(format, isMac)})`}
              // The field keeps the focus and its selection.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => set(format)}
              className="-outline-offset-2 inline-flex size-8 pointer-coarse:size-11 shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:bg-hover hover:text-ink"
            >
              <Icon size={16} aria-hidden="true" />
            </button>
          ))}
        </div>
      ))}
    </div>
  );
}
