/** The name that is being typed: what follows the `@` at `start`, up to the caret. */
export interface MentionQuery {
  readonly start: number;
  readonly search: string;
}

/** A sign at the start of a word, and the part of a name up to the caret. */
const TYPED = /(?:^|[^\p{L}\p{M}\p{N}_@#/&=.-])@([\p{L}\p{M}\p{N}._-]{0,32})$/u;
/** The longest text that {@link TYPED} matches. */
const LOOK_BACK = 80;

/** Returns the mention that is being typed before the caret; null if there is none. */
export function mentionQuery(text: string, caret: number): MentionQuery | null {
  const found = TYPED.exec(text.slice(Math.max(0, caret - LOOK_BACK), caret));
  const search = found?.[1];
  return search === undefined ? null : { start: caret - search.length - 1, search };
}

/** Returns the text with the name filled in, and where the caret is then. */
export function withName(
  text: string,
  { start, search }: MentionQuery,
  name: string,
): { text: string; caret: number } {
  const rest = text.slice(start + 1 + search.length);
  const gap = rest.startsWith(' ') ? '' : ' ';
  const before = `${text.slice(0, start)}@${name}`;
  return { text: before + gap + rest, caret: before.length + 1 };
}
