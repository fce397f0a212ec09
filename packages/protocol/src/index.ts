/** The protocol as schemas: frames, events, REST bodies. No I/O, no dependency on the other packages. */
export * from './bounds.ts';
export * from './characters.ts';
export * from './codes.ts';
export * from './errors.ts';
export * from './events.ts';
export * from './frames.ts';
export * from './ids.ts';
export * from './limits.ts';
export * from './new-message.ts';
export * from './resources.ts';
export * from './rest.ts';
export * from './rest-admin.ts';
export * from './rest-auth.ts';
export * from './rest-factors.ts';
export * from './scopes.ts';
export * from './streams.ts';
export * from './text.ts';
