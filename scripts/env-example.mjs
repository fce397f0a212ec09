// Writes .env.example from the table of settings. A test fails while the two differ.
import { writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const { envExample } = await import(new URL('packages/server/dist/config/config.js', root).href);
writeFileSync(new URL('.env.example', root), envExample());
