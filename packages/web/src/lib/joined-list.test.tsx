import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { JoinedList } from './joined-list.tsx';

test('two items are joined without a comma', () => {
  const shown = renderToStaticMarkup(
    <JoinedList>
      <bdi>Ann</bdi>
      <bdi>Ben</bdi>
    </JoinedList>,
  );
  expect(shown).toBe('<bdi>Ann</bdi> and <bdi>Ben</bdi>');
});

test('elements and texts are joined according to the language, without empty ones', () => {
  const shown = renderToStaticMarkup(
    <JoinedList>
      {['Ann', 'Ben'].map((name) => (
        <bdi key={name}>{name}</bdi>
      ))}
      {false}
      others
    </JoinedList>,
  );
  expect(shown).toBe('<bdi>Ann</bdi>, <bdi>Ben</bdi>, and others');
});
