import { z } from './z.ts';

/** An error in one field, to be shown next to it. `field` is a JSON path such as `email`. */
export const FieldError = z.object({ field: z.string(), code: z.string(), message: z.string() });
export type FieldError = z.infer<typeof FieldError>;
