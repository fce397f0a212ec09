import { cx } from './cx.ts';

/** `risky` opens a confirmation of something irreversible, `danger` confirms it. */
export type ButtonLook = 'primary' | 'plain' | 'quiet' | 'risky' | 'danger';

const LOOKS: Record<ButtonLook, string> = {
  primary: 'bg-accent text-on-accent not-disabled:hover:bg-accent-strong',
  plain:
    'border border-edge/60 bg-raised text-ink not-disabled:hover:border-edge not-disabled:hover:bg-hover',
  quiet: 'text-soft not-disabled:hover:bg-hover not-disabled:hover:text-ink',
  risky:
    'border border-edge/60 bg-raised text-danger not-disabled:hover:border-danger not-disabled:hover:bg-danger-soft',
  danger: 'bg-danger text-on-danger not-disabled:hover:bg-danger-strong',
};
const SIZES = {
  small: 'min-h-compact px-2.5 text-note tap',
  normal: 'min-h-10 px-4 text-sm pointer-coarse:min-h-11',
};

/** The size of a button. */
export type ButtonSize = keyof typeof SIZES;

/** Returns the classes of a button; also those of a link that looks like one. */
export const buttonStyle = (look: ButtonLook = 'plain', size: ButtonSize = 'normal'): string =>
  cx(
    'inline-flex items-center justify-center gap-2 rounded-lg text-center font-medium transition-colors not-disabled:active:translate-y-px',
    SIZES[size],
    LOOKS[look],
  );
