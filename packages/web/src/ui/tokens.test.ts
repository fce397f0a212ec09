import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const CSS = readFileSync(new URL('tokens.css', import.meta.url), 'utf8');

/** Returns the colors of a theme by name: `light-dark(#light, #dark)`, or one of both themes. */
function colorsOf(css: string, theme: 'light' | 'dark'): Map<string, string> {
  const colors = new Map<string, string>();
  for (const [, name, light, dark] of css.matchAll(
    /--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g,
  )) {
    colors.set(name as string, (theme === 'light' ? light : dark) as string);
  }
  return colors;
}

/** Relative luminance as WCAG 2 defines it. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const normal = CSS.slice(0, CSS.indexOf('@media (prefers-contrast'));
const more = CSS.slice(CSS.indexOf(':root[data-contrast="more"]'));

const SURFACES = ['canvas', 'sidebar', 'raised', 'sunken', 'hover'];
/** Foreground, its backgrounds, and the contrast that it needs. */
const PAIRS: readonly (readonly [string, readonly string[], number])[] = [
  ['ink', [...SURFACES, 'selected', 'accent-soft'], 7],
  ['soft', [...SURFACES, 'selected'], 7],
  ['muted', [...SURFACES, 'selected'], 4.5],
  ['accent', [...SURFACES, 'selected'], 4.5],
  ['accent-strong', [...SURFACES, 'selected', 'accent-soft'], 4.5],
  ['danger', [...SURFACES, 'danger-soft'], 4.5],
  ['ok', [...SURFACES, 'ok-soft'], 4.5],
  ['warn', [...SURFACES, 'warn-soft'], 4.5],
  ...['keyword', 'string', 'number', 'title', 'type', 'attribute'].map(
    (name) => [`code-${name}`, ['sunken'], 4.5] as const,
  ),
  ['on-accent', ['accent', 'accent-strong'], 4.5],
  ['on-danger', ['danger', 'danger-strong'], 4.5],
  ['edge', SURFACES, 3],
];

describe.each(['light', 'dark'] as const)('the %s theme', (theme) => {
  const colors = colorsOf(normal, theme);
  const contrasts = (
    map: Map<string, string>,
    foreground: string,
    backgrounds: readonly string[],
  ) => backgrounds.map((name) => [name, contrast(map.get(foreground) ?? '', map.get(name) ?? '')]);

  test.each(PAIRS)('%s can be seen on %j', (foreground, backgrounds, needed) => {
    const low = contrasts(colors, foreground, backgrounds).filter(
      ([, is]) => !(Number(is) >= needed),
    );
    expect(low).toEqual([]);
  });

  test('with more contrast, text has 7:1 and borders 3:1', () => {
    const stronger = new Map([...colors, ...colorsOf(more, theme)]);
    const low = [
      ...['ink', 'soft', 'muted', 'accent', 'danger', 'ok', 'warn'].flatMap((name) =>
        contrasts(stronger, name, SURFACES).filter(([, is]) => !(Number(is) >= 7)),
      ),
      ...['line', 'edge'].flatMap((name) =>
        contrasts(stronger, name, ['canvas', 'sidebar', 'raised']).filter(
          ([, is]) => !(Number(is) >= 3),
        ),
      ),
    ];
    expect(low).toEqual([]);
  });
});

test('more contrast is the same by the operating system and by choice', () => {
  const asked = CSS.slice(
    CSS.indexOf('@media (prefers-contrast'),
    CSS.indexOf(':root[data-contrast'),
  );
  for (const theme of ['light', 'dark'] as const) {
    expect(colorsOf(asked, theme)).toEqual(colorsOf(more, theme));
  }
});
