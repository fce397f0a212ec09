import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { stylesheetSingleton } from './style-singleton.ts';

/** The part of a constructed style sheet that the singleton uses. */
class Sheet {
  text = '';
  replaceSync(text: string): void {
    this.text = text;
  }
}

describe('a singleton of styles', () => {
  const page = { adoptedStyleSheets: [] as Sheet[] };
  beforeEach(() => {
    page.adoptedStyleSheets = [];
    vi.stubGlobal('document', page);
    vi.stubGlobal('CSSStyleSheet', Sheet);
  });
  afterEach(() => vi.unstubAllGlobals());
  const texts = () => page.adoptedStyleSheets.map(({ text }) => text);

  test('applies the styles of the first until the last is removed', () => {
    const sheet = stylesheetSingleton();
    sheet.add('a');
    sheet.add('b');
    expect(texts()).toEqual(['a']);
    sheet.remove();
    expect(texts()).toEqual(['a']);
    sheet.remove();
    expect(texts()).toEqual([]);
    sheet.add('c');
    expect(texts()).toEqual(['c']);
  });

  test('keeps the style sheets of others', () => {
    const [one, other] = [stylesheetSingleton(), stylesheetSingleton()];
    one.add('a');
    other.add('b');
    one.remove();
    expect(texts()).toEqual(['b']);
  });
});
