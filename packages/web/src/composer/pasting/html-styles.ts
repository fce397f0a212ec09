import type { Element, Parents, Root } from 'hast';

/** The element of a format, by the style that some editors, such as Google Docs, use instead. */
const STYLES: readonly (readonly [RegExp, string])[] = [
  [/font-weight:\s*(?:bold|[6-9]00)/i, 'strong'],
  [/font-style:\s*italic/i, 'em'],
  [/line-through/i, 'del'],
];
const NORMAL_WEIGHT = /font-weight:\s*(?:normal|[1-4]00)/i;
const NORMAL_STYLE = /font-style:\s*normal/i;

/** Replaces styles with the elements of the same meaning, and elements whose style cancels them with plain ones. */
export function readStyles(tree: Root): void {
  const parents: Parents[] = [tree];
  for (let parent = parents.pop(); parent; parent = parents.pop()) {
    for (const child of parent.children) {
      if (child.type !== 'element') continue;
      parents.push(child);
      readStyle(child);
    }
  }
}

function readStyle(element: Element): void {
  const { style } = element.properties;
  if (typeof style !== 'string') return;
  const { tagName } = element;
  const isPlain =
    (/^(?:b|strong)$/.test(tagName) && NORMAL_WEIGHT.test(style)) ||
    (/^(?:i|em)$/.test(tagName) && NORMAL_STYLE.test(style));
  if (isPlain) element.tagName = 'span';
  if (tagName !== 'span') return;
  for (const [pattern, name] of STYLES) {
    if (!pattern.test(style)) continue;
    const { children } = element;
    element.children = [{ type: 'element', tagName: name, properties: {}, children }];
  }
}
