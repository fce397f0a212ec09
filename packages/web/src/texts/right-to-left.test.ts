import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

const textsIn = async (tag: string) => {
  vi.resetModules();
  vi.stubGlobal('navigator', { languages: [tag] });
  const texts = await import('./index.ts');
  await texts.loadTexts();
  return texts;
};

test('a value in an Arabic sentence is isolated from the direction of the text around it', async () => {
  const { t, direction } = await textsIn('ar-EG');
  expect(direction).toBe('rtl');
  expect(t('composer.message', { title: 'Design (new)' })).toBe(
    'رسالة إلى \u2068Design (new)\u2069',
  );
});

test('a value in a German sentence is inserted as it is', async () => {
  const { t } = await textsIn('de');
  expect(t('composer.message', { title: 'Design' })).not.toMatch(/[\u2068\u2069]/);
});

test.each([
  [0, 'عضو'],
  [1, 'عضو واحد'],
  [2, 'عضوان'],
  [3, 'أعضاء'],
  [11, 'عضوًا'],
  [100, 'عضو'],
])('%d members have their plural form in Arabic', async (count, noun) => {
  const { t } = await textsIn('ar');
  const text = t('common.members', { count });
  expect(text.replace(/^\u2068.*\u2069 /, '')).toBe(noun);
});
