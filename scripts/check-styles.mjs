// Part of `npm run lint`: fails where a component of the web client has a color, a size of text or a
// direction of its own instead of a design token (packages/web/src/ui/tokens.css).
import { pathToFileURL } from 'node:url';
import { sourcesOfWeb } from './check-texts.mjs';

/** Where a class may begin: after white space, a quote, a variant or a minus. */
const START = String.raw`(?<=^|[\s'"\`:-])`;
/** Utilities that take a color. */
const COLORED =
  '(?:bg|text|border(?:-[xysetblr])?|ring|fill|stroke|from|via|to|outline|decoration|divide|accent|caret|shadow|placeholder)';
const PALETTE =
  '(?:black|white|(?:slate|gray|zinc|neutral|stone|red|orange|amber|yellow|lime|green|emerald|teal|cyan|sky|blue|indigo|violet|purple|fuchsia|pink|rose)-\\d{2,3})';

const RULES = [
  {
    pattern: `${START}${COLORED}-${PALETTE}(?![\\w-])`,
    advice: 'use a color by role, such as bg-raised or text-muted',
  },
  {
    pattern: `${START}${COLORED}-\\[(?:#|rgb|hsl|oklch|oklab|color)[^\\]]*\\]`,
    advice: 'add a color by role to ui/tokens.css',
  },
  {
    pattern: `(?<=['"\`:\\s(])(?:#(?:[0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})(?=['"\`;\\s)])|(?:rgba?|hsla?|oklch|oklab)\\([\\d.])`,
    advice: 'add a color by role to ui/tokens.css',
  },
  {
    pattern: `${START}text-\\[[\\d.]+(?:px|rem)\\]`,
    advice: 'use a size of the scale: text-micro, -caption, -note, -sm, -body, -base, -lg …',
  },
  {
    pattern: `${START}(?:[mp][lr]-[\\d.a-z[]+|(?:left|right)-(?!1/2)[\\d.[][^\\s'"\`]*|text-(?:left|right)(?![\\w-])|(?:rounded|border)-[lr](?![\\w])[^\\s'"\`]*)`,
    advice:
      'use the logical class, which right-to-left mirrors: ms-, pe-, start-, text-start, border-s',
  },
].map(({ pattern, advice }) => ({ regex: new RegExp(pattern, 'i'), advice }));

/** Returns what a source file of the web client should leave to the design tokens. */
export function rawStyles(source, file) {
  return source.split('\n').flatMap((line, index) => {
    if (/^\s*(?:\/\/|\*|\/\*)/.test(line)) return [];
    return RULES.flatMap(({ regex, advice }) => {
      const match = regex.exec(line);
      return match ? [{ file, line: index + 1, found: match[0], advice }] : [];
    });
  });
}

/** Returns the findings in all components of the web client. */
export const rawStylesOfWeb = () =>
  sourcesOfWeb().flatMap(({ source, file }) =>
    file.endsWith('.tsx') ? rawStyles(source, file) : [],
  );

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const findings = rawStylesOfWeb();
  for (const { file, line, found, advice } of findings) {
    console.error(`${file}:${line}: “${found}”: ${advice}`);
  }
  if (findings.length > 0) process.exitCode = 1;
}
