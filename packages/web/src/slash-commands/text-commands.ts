import type { TypedCommand } from './commands.ts';

/** The shrug, with the escapes that Markdown needs. */
const SHRUG = '¯\\\\\\_(ツ)\\_/¯';

/** What each command that writes a message posts for the text after it; null if it needs one. */
const TEXTS = {
  // Each line is emphasized by itself: emphasis does not span paragraphs.
  me: (rest: string) =>
    rest === ''
      ? null
      : rest
          .split('\n')
          .map((line) => (line.trim() === '' ? line : `_${line.trim()}_`))
          .join('\n'),
  shrug: (rest: string) => `${rest} ${SHRUG}`.trim(),
} as const;

/** The commands that write a message in a certain form. */
export type TextCommandName = keyof typeof TEXTS;

/** Returns whether a command writes a message. */
export const isTextCommand = (name: string): name is TextCommandName => Object.hasOwn(TEXTS, name);

/** Returns the message that a command writes; null if it does something else, or its text is missing. */
export const messageOf = ({ name, rest }: Pick<TypedCommand, 'name' | 'rest'>): string | null =>
  isTextCommand(name) ? TEXTS[name](rest) : null;
