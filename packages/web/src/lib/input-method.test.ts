import { expect, test } from 'vitest';
import { ignoreInputMethodKeys } from './input-method.ts';

test('no handler gets the keys of an input method', () => {
  const page = new EventTarget();
  ignoreInputMethodKeys(page);
  const handled: unknown[] = [];
  page.addEventListener('keydown', (event) => handled.push((event as KeyboardEvent).key));
  const press = (key: string, of: { isComposing?: boolean; keyCode?: number } = {}) =>
    page.dispatchEvent(
      Object.assign(new Event('keydown'), { key, isComposing: false, keyCode: 13, ...of }),
    );
  press('Enter', { isComposing: true });
  // Safari: the Enter that confirms the composition comes after its end.
  press('Enter', { keyCode: 229 });
  press('Escape', { isComposing: true });
  expect(handled).toEqual([]);
  press('Enter');
  expect(handled).toEqual(['Enter']);
});
