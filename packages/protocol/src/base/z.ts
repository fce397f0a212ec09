import { z } from 'zod';

// Zod compiles schemas with `new Function` where it can, and tries it once. The content security policy of the
// web client forbids that: browsers would report each try as a violation.
if ('document' in globalThis) z.config({ jitless: true });

/** Zod, set up before the first schema is built: a schema reads the configuration when it is built. */
export { z };
