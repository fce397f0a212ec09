import type { TokenKind } from './tokens.ts';
import { useTokens } from './use-tokens.ts';

const LOOKS: Record<TokenKind, string> = {
  keyword: 'text-code-keyword',
  string: 'text-code-string',
  number: 'text-code-number',
  comment: 'text-muted italic',
  title: 'text-code-title',
  type: 'text-code-type',
  attribute: 'text-code-attribute',
  inserted: 'text-ok',
  deleted: 'text-danger',
};

/** The text of a block of code in the colors of its language, once they are known. */
export function CodeText({ language, text }: { language: string; text: string }) {
  const tokens = useTokens(language, text);
  if (tokens === null) return text;
  return tokens.map(([part, kind], n) =>
    kind === null ? (
      part
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: tokens have no other identity
      <span key={n} className={LOOKS[kind]}>
        {part}
      </span>
    ),
  );
}
