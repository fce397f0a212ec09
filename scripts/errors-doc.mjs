// Writes docs/errors.md from the table of error codes. A test fails while the two differ.
import { writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const { errorsMarkdown } = await import(
  new URL('packages/server/dist/http-server/docs/errors-page.js', root).href
);
writeFileSync(new URL('docs/errors.md', root), errorsMarkdown());
