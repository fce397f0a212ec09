import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { RichText } from './rich-text.tsx';

const removedBy = (name: string) =>
  renderToStaticMarkup(<RichText text="removed.by" parts={{ name: <bdi>{name}</bdi> }} />);

test('a tag is replaced by its part', () => {
  expect(removedBy('Ann')).toBe('<bdi>Ann</bdi> removed you from this group.');
});

test.each([
  ['markup', '<b>Ann</b>', '&lt;b&gt;Ann&lt;/b&gt;'],
  ['its own tag', '<name/>', '&lt;name/&gt;'],
  ['a placeholder', '{{count}} $t(common.cancel)', '{{count}} $t(common.cancel)'],
])('a name that looks like %s is shown as it is', (_, name, shown) => {
  expect(removedBy(name)).toBe(`<bdi>${shown}</bdi> removed you from this group.`);
});

test('the text between tags is kept, nested ones included', () => {
  const text = renderToStaticMarkup(
    <RichText text="home.choose" parts={{ keys: <span />, key: <kbd /> }} />,
  );
  expect(text).toContain('press <span><kbd>Ctrl</kbd> <kbd>K</kbd></span> to find');
});

test.each([
  [1, '<bdi>Ann</bdi> is typing'],
  [2, '<bdi>Ann</bdi> are typing'],
])('chooses the plural form for %d', (count, shown) => {
  const text = renderToStaticMarkup(
    <RichText text="typing.users" parts={{ names: <bdi>Ann</bdi> }} values={{ count }} />,
  );
  expect(text).toBe(shown);
});
