import { useEffect, useState } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { renderHook, windowForHooks } from './render-hook-for-tests.ts';

afterEach(() => vi.unstubAllGlobals());

test('hooks have state and effects', async () => {
  vi.stubGlobal('window', windowForHooks);
  const effects: string[] = [];
  const hook = await renderHook((name: string) => {
    const [n, setN] = useState(1);
    useEffect(() => {
      effects.push(`begin ${name}`);
      return () => void effects.push(`end ${name}`);
    }, [name]);
    return { n, setN };
  }, 'a' as string);
  await hook.change(() => hook.result.setN(7));
  expect(hook.result.n).toBe(7);
  await hook.render('b');
  await hook.unmount();
  expect(effects).toEqual(['begin a', 'end a', 'begin b', 'end b']);
});
