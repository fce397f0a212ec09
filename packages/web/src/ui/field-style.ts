import { cx } from './cx.ts';

/** The look of the label of a field. */
export const LABEL = 'font-medium text-sm text-soft';

/** Returns the classes of a text field, a text area or a select, in all of their states. */
export const fieldStyle = (isInvalid = false): string =>
  cx(
    'w-full rounded-lg border bg-canvas text-ink outline-none transition-[border-color,box-shadow] placeholder:text-muted',
    'focus:border-accent focus:ring-3 focus:ring-accent/20 disabled:bg-sunken disabled:text-muted',
    isInvalid ? 'border-danger' : 'border-edge hover:border-muted',
  );
