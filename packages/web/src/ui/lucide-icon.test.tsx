import * as icon from 'lucide-react/icons/circle-exclamation-point';
import type { ComponentType, SVGProps } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import createLucideIcon, { type IconData } from './lucide-icon.ts';

/** The attributes of the icon in their order, and what it contains. */
function drawn(Icon: ComponentType<SVGProps<SVGSVGElement> & { size?: number }>, props = {}) {
  const [, attributes = '', content] =
    /^<svg (.*?)>(.*)<\/svg>$/.exec(renderToStaticMarkup(<Icon {...props} />)) ?? [];
  return { attributes: attributes.split(/(?<=") /).sort(), content };
}

test('an icon is drawn as Lucide draws it', () => {
  // The types of Lucide leave out the data.
  const { default: Lucide, __iconData } = icon as typeof icon & { __iconData: IconData };
  const Small = createLucideIcon(__iconData);
  for (const props of [
    {},
    { size: 16, className: 'shrink-0 text-muted' },
    { 'aria-hidden': 'true', fill: 'currentColor', 'data-x': 1 },
    { 'aria-label': 'Warning', role: 'img' },
  ]) {
    expect(drawn(Small, props)).toEqual(drawn(Lucide, props));
  }
  expect(drawn(Small).content).toMatch(/^<(circle|line|path) /);
});
