// Set-up of every test file: texts are loaded before the first page is rendered, so tests that render
// need them too.
import { expect } from 'vitest';

if (expect.getState().testPath?.includes('/packages/web/')) {
  const { loadTexts } = await import('./index.ts');
  await loadTexts();
}
