// Lets a child process of a test run TypeScript sources: node --import this-file x.ts
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
